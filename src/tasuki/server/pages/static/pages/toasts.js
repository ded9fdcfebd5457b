// What was done a moment ago: shown for ten seconds, longer while one is on it; z undoes it, there or beside the lead.
import { isTyping } from "./typing.js";

const SHOWN = 10000;
const toasts = document.getElementById("toasts");

function watch(toast) {
  toast.dataset.watched = "";
  let left = setTimeout(() => toast.remove(), SHOWN);
  const hold = () => clearTimeout(left);
  const go = () => { left = setTimeout(() => toast.remove(), SHOWN / 2); };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", go);
  toast.addEventListener("focusout", go);
  toast.querySelector("[data-close]")?.addEventListener("click", () => toast.remove());
  // Out of sight at once, but there until the answer has come: what the answer sets off starts from it.
  toast.querySelector("form")?.addEventListener("submit", () => { clearTimeout(left); setTimeout(() => { toast.hidden = true; }); });
  toast.addEventListener("htmx:afterRequest", () => setTimeout(() => toast.remove()));
}

if (toasts) {
  new MutationObserver(() => toasts.querySelectorAll("[data-toast]:not([data-watched])").forEach(watch))
    .observe(toasts, { childList: true });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || isTyping() || event.ctrlKey || event.metaKey || event.altKey) return;
  const forms = document.querySelectorAll("form[data-undo], [data-toast]:not([hidden]) form"); // the toasts stand last
  if (forms?.length) {
    event.preventDefault();
    forms[forms.length - 1].requestSubmit();
  }
});

/** Say something in a toast of its own. */
export function say(text, kind = "info") {
  const line = document.createElement("div");
  line.className = `toast-line ${kind}`;
  line.dataset.toast = "";
  const told = document.createElement("p");
  told.textContent = text;
  line.append(told);
  toasts?.append(line);
}

// The server did not answer, or not as it should: say so, and that nothing was changed.
const failed = () => say(document.body.dataset.failed, "error");
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:responseError", failed);
