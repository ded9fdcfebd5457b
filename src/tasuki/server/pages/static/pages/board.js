// The board: cards are dragged to a stage, or moved by their menu. What the agreement does not allow says why while one drags.
const dialog = document.getElementById("move-dialog");
const body = document.getElementById("move-body");
const read = (id) => JSON.parse(document.getElementById(id)?.textContent || "null");
const board = () => document.getElementById("work");
let dragged = null;

const whyNot = (card, stage) => read("ways")?.[card.dataset.seen]?.[stage];

function say(text) {
  const line = document.getElementById("why-not");
  if (!line) return;
  line.textContent = text || "";
  line.hidden = !text;
}

function clean() {
  document.querySelectorAll(".lane").forEach((lane) => lane.classList.remove("can", "cannot", "over"));
  document.querySelectorAll(".dragged").forEach((card) => card.classList.remove("dragged"));
  dragged = null;
}

const address = (card) => board().dataset.move.replace("/0/", `/${card.dataset.lead}/`);

// Asks what the agreement wants to know, in the dialog; moves at once where it wants to know nothing.
function move(card, to) {
  const values = { to, seen: card.dataset.seen, query: board().dataset.query };
  const asks = (read("asking") || []).includes(to);
  window.htmx.ajax(asks ? "GET" : "POST", address(card), { source: body, target: "#move-body", swap: "innerHTML", values });
}

document.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.(".lead-card[draggable=true]");
  if (!card) return;
  dragged = card;
  card.classList.add("dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.dataset.lead);
  document.querySelectorAll(".lane").forEach((lane) => {
    const stage = lane.dataset.stage;
    if (stage !== card.dataset.seen) lane.classList.add(whyNot(card, stage) === "" ? "can" : "cannot");
  });
});

document.addEventListener("dragover", (event) => {
  const lane = event.target.closest?.(".lane");
  if (!dragged) return;
  document.querySelectorAll(".lane.over").forEach((each) => { if (each !== lane) each.classList.remove("over"); });
  if (!lane || lane.dataset.stage === dragged.dataset.seen) { say(""); return; }
  const why = whyNot(dragged, lane.dataset.stage);
  lane.classList.add("over");
  say(why);
  if (why === "") event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const lane = event.target.closest?.(".lane");
  if (!dragged || !lane) return;
  event.preventDefault();
  const card = dragged;
  if (whyNot(card, lane.dataset.stage) === "") move(card, lane.dataset.stage);
});

document.addEventListener("dragend", () => { clean(); say(""); });

// The menu of a card: the same by keyboard.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".move-menu a[data-to]");
  if (link && !event.ctrlKey && !event.metaKey && window.htmx) {
    event.preventDefault();
    link.closest("details").removeAttribute("open");
    move(link.closest(".lead-card"), link.dataset.to);
  }
  const cancel = event.target.closest?.("#move-body [data-cancel]");
  if (cancel) {
    event.preventDefault();
    dialog.close();
    if (cancel.matches("[data-renew]")) window.htmx.trigger(document.body, "renew-work");
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== body || !body.childElementCount) return;
  if (!dialog.open) dialog.showModal();
  body.querySelector("select, input:not([type=hidden]), textarea, a")?.focus();
});
document.addEventListener("moved", () => { if (dialog.open) dialog.close(); body.replaceChildren(); });
dialog?.addEventListener("close", () => body.replaceChildren());

// What can be undone for ten seconds is recorded then: the cards lose their dashes.
document.addEventListener("htmx:afterSettle", () => {
  if (document.querySelector(".is-held") && !board().dataset.waits) {
    board().dataset.waits = "1";
    setTimeout(() => window.htmx.trigger(document.body, "renew-work"), 12000);
  }
});
