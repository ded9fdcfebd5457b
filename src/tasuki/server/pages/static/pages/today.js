// The desk: j and k walk through the queue, what is done opens the next lead, the address names the open one.
import "./clocks.js";
import { isCommand } from "./keys.js";

const desk = document.getElementById("desk");
const open = document.getElementById("open");

const rows = () => [...desk.querySelectorAll("a.task")];
const here = () => desk.querySelector("a.task[aria-current]");
const wide = matchMedia("(min-width: 761px)");
let current = "";

function mark(lead) {
  current = lead;
  for (const row of rows()) {
    if (row.dataset.lead === lead) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  const holder = document.getElementById("queue-holder");
  const url = new URL(holder.dataset.refresh, location.href);
  url.searchParams.set("lead", lead || "0");
  holder.dataset.refresh = url.pathname + url.search;
  here()?.scrollIntoView({ block: "nearest" });
}

const addressOf = (lead) => lead ? `${desk.dataset.address}?lead=${lead}` : `${desk.dataset.address}?list=1`;
const openLead = () => open.querySelector("[data-lead]")?.dataset.lead ?? "";

function show(lead, { push = true } = {}) {
  mark(lead);
  desk.classList.add("chosen");
  if (push) history.pushState({ lead }, "", addressOf(lead));
  if (push && lead === openLead()) return undefined; // it is there, maybe with something half typed
  return window.htmx.ajax("GET", desk.dataset.parts + lead, { source: open, target: "#open", swap: "innerHTML settle:0ms" });
}

function back() {
  desk.classList.remove("chosen");
  here()?.focus();
}

function step(by) {
  const all = rows(), at = all.indexOf(here());
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
  if (next && next !== here()) show(next.dataset.lead);
  else if (by > 0) desk.querySelector("[data-more]")?.click();
}

// What is chosen by its number: in the sheet that is open, else among the questions.
function choose(digit) {
  const scope = open.querySelector("details.deed[open]") ?? open.querySelector("#bant");
  const one = scope?.querySelector(`[data-n="${digit}"]`);
  if (!one) return false;
  const asked = one.dataset.first && document.getElementById(one.dataset.first);
  if (asked && !asked.value) {
    asked.focus();
    return true;
  }
  one.click();
  return true;
}

function pressed(event) {
  if (!isCommand(event)) return;
  const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  const inSheet = document.activeElement?.closest("details.deed[open] .act-sheet");
  if (event.key in steps && !(inSheet && event.key.startsWith("Arrow"))) {
    event.preventDefault();
    step(steps[event.key]);
  } else if (event.key === "Enter" && document.activeElement === here()) {
    event.preventDefault(); // its row is open beside it already: on to its page
    open.querySelector("[data-key=Enter]")?.click();
  } else if (/^[1-9]$/.test(event.key) && choose(event.key)) {
    event.preventDefault();
  } else if (event.key === "Escape") {
    const sheet = open.querySelector("details.deed[open]");
    if (sheet) sheet.open = false;
    else if (!wide.matches) history.back();
  }
}

function clicked(event) {
  const row = event.target.closest?.("a.task");
  if (row && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    show(row.dataset.lead);
  } else if (event.target.closest?.("[data-back]") && !wide.matches) {
    event.preventDefault();
    history.pushState({}, "", addressOf(""));
    back();
  }
}

// A reason is chosen: on to what is asked next. Who wants to be called back: when, then Enter.
function changed(event) {
  const then = event.target.dataset?.then;
  if (then) document.getElementById(then)?.focus();
}

function sheetKeys(event) {
  const field = event.target;
  if (event.key === "Enter" && !event.isComposing && field.dataset?.asks && field.value.trim()) {
    event.preventDefault();
    field.form.querySelector(`button[value="${field.dataset.asks}"]`).click();
  }
}

// One sheet at a time; its first field or button is ready.
function toggled(event) {
  const sheet = event.target;
  if (!sheet.matches?.("details.deed") || !sheet.open) return;
  open.querySelectorAll("details.deed[open]").forEach((one) => { if (one !== sheet) one.open = false; });
  if (sheet.querySelector(".numbered")) return; // by its number, which a field with the focus would take
  const first = sheet.querySelector("[name=amount]") ?? sheet.querySelector(".act-sheet > .choices input");
  (first ?? sheet.querySelector(".act-sheet .btn-primary"))?.focus();
}

function following() {
  const all = rows(), at = all.indexOf(here());
  return (all[at + 1] ?? all[at - 1])?.dataset.lead ?? "";
}

function settled(event) {
  if (event.detail.target !== open && event.target !== open) return;
  const lead = openLead();
  if (new URL(location.href).searchParams.get("lead") !== lead && event.detail.requestConfig?.verb === "post") {
    history.pushState({ lead }, "", addressOf(lead));
    if (!wide.matches && !lead) back();
  }
  mark(lead);
  open.scrollTop = 0;
  const voice = document.getElementById("voice"), head = open.querySelector("h2");
  if (voice && head) voice.textContent = head.textContent.trim().replace(/\s+/g, " ");
}

// The open lead renews itself as soon as something was recorded of it, but not while somebody is at it.
const isBusy = () => open.querySelector("details.deed[open]")
  || open.contains(document.activeElement?.closest("input, textarea, select"))
  || [...open.querySelectorAll("input:not([type=hidden]), textarea")].some((one) => one.type !== "radio" && one.value !== one.defaultValue);

async function fresh() {
  const article = open.querySelector("article[data-state]");
  if (!article || document.hidden || isBusy()) return;
  const lead = article.dataset.lead;
  const url = `${desk.dataset.parts}${lead}?have=${encodeURIComponent(article.dataset.state)}`;
  const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } }).catch(() => undefined);
  if (!answer || answer.status !== 200 || answer.redirected || openLead() !== lead) return;
  const text = await answer.text(), at = open.scrollTop;
  if (isBusy() || openLead() !== lead) return; // somebody began while the answer was on its way
  window.htmx.swap(open, text, { swapStyle: "innerHTML", settleDelay: 0 });
  open.scrollTop = at;
}

if (desk) {
  current = openLead();
  history.replaceState({ lead: desk.classList.contains("chosen") ? openLead() : "" }, "");
  document.addEventListener("keydown", pressed);
  document.addEventListener("keydown", sheetKeys);
  document.addEventListener("click", clicked);
  document.addEventListener("change", changed);
  document.addEventListener("toggle", toggled, true);
  document.addEventListener("htmx:configRequest", (event) => {
    if (open.contains(event.detail.elt) && event.detail.verb === "post") event.detail.parameters.append("next", following());
  });
  document.addEventListener("htmx:afterSettle", settled);
  window.addEventListener("popstate", () => {
    const lead = new URL(location.href).searchParams.get("lead");
    if (lead) show(lead, { push: false });
    else back();
  });
  document.body.addEventListener("tasuki:undone", (event) => {
    show(String(event.detail.lead));
    document.dispatchEvent(new CustomEvent("tasuki:renew"));
  });
  document.addEventListener("tasuki:renewed", () => mark(current));
  setInterval(fresh, 6000);
}
