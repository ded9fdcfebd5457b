// The page of a lead: its curve, the slider that turns it back, ways into folded forms, printing. Everything works without it but the drawing.
import { draw } from "./curve.js";

const strip = document.getElementById("as-of");
const drawAll = () => document.querySelectorAll("[data-curve]").forEach(draw);

// The slider: so many days since the first; the date says which.
function slide() {
  const slider = document.getElementById("at-slider"), date = document.getElementById("at");
  const first = Date.parse(`${strip.dataset.first}T00:00:00Z`), last = Number(strip.dataset.days);
  const iso = (days) => new Date(first + days * 86_400_000).toISOString().slice(0, 10);
  const words = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });
  const say = () => slider.setAttribute("aria-valuetext", words.format(Date.parse(`${date.value}T00:00:00Z`)));
  let waiting;
  const send = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => strip.requestSubmit(), 200);
  };
  slider.hidden = last === 0; // known since today: there is no day to go back to
  strip.querySelector("button").hidden = true; // a day that is chosen is shown at once
  slider.addEventListener("input", () => {
    date.value = iso(Number(slider.value));
    say();
  });
  slider.addEventListener("change", send);
  date.addEventListener("change", () => {
    if (!date.value) return;
    const days = Math.round((Date.parse(`${date.value}T00:00:00Z`) - first) / 86_400_000);
    slider.value = String(Math.min(Math.max(days, 0), last));
    say();
    send();
  });
  // "Back to now" stands in the body, the slider does not: it goes along.
  document.addEventListener("htmx:afterSettle", () => {
    if (document.querySelector("#lead-body.now") && !document.activeElement?.matches("#at, #at-slider")) {
      slider.value = String(last);
      date.value = iso(last);
      say();
    }
  });
}
if (strip) slide();

// A link that leads to a folded form unfolds it.
function open(id) {
  const found = document.getElementById(id);
  if (!found?.matches("details")) return;
  found.open = true;
  found.scrollIntoView({ block: "center" });
  found.querySelector("input:not([type=hidden]), select, textarea, button")?.focus({ preventScroll: true });
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-opens]");
  if (!link) return;
  event.preventDefault();
  open(link.dataset.opens);
});
if (location.hash.startsWith("#move-")) open(location.hash.slice(1));

document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});

// What was loaded further back gets the focus, so that a keyboard goes on from there.
document.addEventListener("htmx:afterSwap", (event) => {
  const older = [...document.querySelectorAll(".timeline.older")].pop();
  if (event.detail.target?.matches?.(".more") || event.detail.elt?.matches?.(".timeline.older")) older?.focus({ preventScroll: true });
});

drawAll();
new MutationObserver(drawAll).observe(document.getElementById("content") ?? document.body, { childList: true, subtree: true });
