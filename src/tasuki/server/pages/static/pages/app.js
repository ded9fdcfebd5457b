// What every page does by itself: renew what moves, keys, menus, toasts. Everything works without it.
import { keepFresh } from "./renew.js";
import { isTyping } from "./typing.js";
import "./badge.js";
import "./keys.js";
import "./toasts.js";

document.querySelectorAll("[data-refresh]").forEach(keepFresh);

// A part that htmx brings may renew itself, too.
document.addEventListener("htmx:load", (event) => {
  const part = event.detail.elt;
  if (part.matches?.("[data-refresh]")) keepFresh(part);
  part.querySelectorAll?.("[data-refresh]").forEach(keepFresh);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !isTyping() && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = document.getElementById("search");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  }
});

// A field that shows at once what it chooses; for parts that come later, too.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Menus close when one goes elsewhere.
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  });
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  }
});
