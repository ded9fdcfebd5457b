// What was done a moment ago: shown for ten seconds, longer while one is on it; z undoes it.
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
  toast.querySelector("form")?.addEventListener("submit", () => setTimeout(() => toast.remove()));
}

if (toasts) {
  new MutationObserver(() => toasts.querySelectorAll("[data-toast]:not([data-watched])").forEach(watch))
    .observe(toasts, { childList: true });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || isTyping() || event.ctrlKey || event.metaKey || event.altKey) return;
  const forms = toasts?.querySelectorAll("[data-toast] form");
  if (forms?.length) {
    event.preventDefault();
    forms[forms.length - 1].requestSubmit();
  }
});

// The server did not answer, or not as it should: say so, and that nothing was changed.
function failed() {
  const line = document.createElement("div");
  line.className = "toast-line error";
  line.dataset.toast = "";
  const text = document.createElement("p");
  text.textContent = document.body.dataset.failed;
  line.append(text);
  toasts?.append(line);
}
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:responseError", failed);
