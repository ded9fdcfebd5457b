// Questions one after the other by keyboard: j and k go on, 1 and 2 keep the left or the right, n: not the same.
import { isTyping } from "./typing.js";

const pairs = () => [...document.querySelectorAll("form.pair")];
const here = () => pairs().find((pair) => pair.contains(document.activeElement));
let place = 0;

function go(to) {
  const all = pairs();
  if (!all.length) return;
  place = Math.max(0, Math.min(to, all.length - 1));
  all[place].focus();
  all[place].scrollIntoView({ block: "nearest" });
}

document.addEventListener("focusin", () => {
  const at = pairs().indexOf(here());
  if (at >= 0) place = at;
});

document.addEventListener("keydown", (event) => {
  if (isTyping() || event.ctrlKey || event.metaKey || event.altKey) return;
  const current = here();
  if (event.key === "j") go(current ? place + 1 : place);
  else if (event.key === "k") go(place - 1);
  else if (current && /^[12n]$/.test(event.key)) current.querySelector(`[data-key="${event.key}"]`)?.click();
  else return;
  event.preventDefault();
});

// After an answer the next question is there.
document.addEventListener("htmx:afterSwap", () => setTimeout(() => {
  if (pairs().length) go(place);
  else location.reload();
}));
