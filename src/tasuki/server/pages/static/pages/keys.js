// Keys of every page: whatever has data-key is done by that key; what is not possible says why (data-why). "?" shows them.
import { isTyping } from "./typing.js";
import { say } from "./toasts.js";

const dialog = document.getElementById("keys");

const isShown = (one) => one.getClientRects().length > 0;

function does(one) {
  if (one.dataset.why !== undefined) return say(one.dataset.why);
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(one.tagName)) {
    one.focus();
    return undefined;
  }
  one.click();
  return undefined;
}

/** Whether a key is a command now: nobody is typing, and nothing is held down beside it. */
export const isCommand = (event) => !event.defaultPrevented && !event.isComposing && !isTyping() && !event.ctrlKey
  && !event.metaKey && !event.altKey && !dialog?.open;

// The keys of what stands on the page now, for the help.
function fill() {
  const list = dialog.querySelector("[data-keys-here]");
  list.replaceChildren();
  for (const one of document.querySelectorAll("[data-key][data-says]")) {
    const term = document.createElement("dt"), told = document.createElement("dd"), key = document.createElement("kbd");
    key.textContent = one.dataset.key;
    told.textContent = one.dataset.says;
    term.append(key);
    list.append(term, told);
  }
}

document.addEventListener("keydown", (event) => {
  if (!isCommand(event)) return;
  if (event.key === "?") {
    event.preventDefault();
    fill();
    dialog?.showModal();
    return;
  }
  // A link or button that has the focus is what Enter means; there are no other keys of that kind.
  if (event.key === "Enter" && document.activeElement?.closest("a, button, summary, label, input")) return;
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)];
  const one = found.find(isShown) ?? found.find((each) => each.dataset.why !== undefined);
  if (!one) return;
  event.preventDefault();
  does(one);
});

// A field that is sent by Ctrl+Enter, and left by Escape.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.matches?.("textarea[data-sends]")) {
    event.preventDefault();
    field.form.requestSubmit();
  }
  if (event.key === "Escape" && isTyping() && !dialog?.open) field.blur();
});
