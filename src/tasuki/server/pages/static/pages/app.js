// Renews what moves by itself, and gives the search a key. Everything works without it.
"use strict";

const isTouched = (part) =>
  part.contains(document.activeElement) && /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)
  || [...part.querySelectorAll("input, select, textarea")].some(
    (field) => field.type !== "hidden" && (field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT"
        ? [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0
        : field.value !== field.defaultValue));

const opened = (part) => [...part.querySelectorAll("details[open][id]")].map((details) => details.id);

// What somebody is typing in is left alone; the server refuses a form that is no longer true, and says so.
function swap(part, fresh) {
  if (!fresh || part.dataset.version === fresh.dataset.version || isTouched(part)) return;
  const open = opened(part);
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceWith(fresh);
  open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  if (focused) document.getElementById(focused)?.focus();
}

async function renew(holder) {
  const have = holder.dataset.have ? `?have=${encodeURIComponent(holder.dataset.have)}` : "";
  const answer = await fetch(holder.dataset.refresh + have, { headers: { "X-Requested-With": "fetch" } });
  if (answer.status === 204) return true; // nothing is new
  if (!answer.ok || answer.redirected) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.querySelector("[data-reload]")) {
    location.reload();
    return false;
  }
  holder.querySelectorAll("[data-version]").forEach((part) => swap(part, page.getElementById(part.id)));
  const fresh = page.querySelector("[data-have]");
  if (fresh) holder.dataset.have = fresh.dataset.have;
  const said = page.querySelector("[data-say]")?.dataset.say;
  const voice = document.getElementById("voice");
  if (said && voice && holder.dataset.said !== undefined && holder.dataset.said !== said) voice.textContent = said;
  if (said) holder.dataset.said = said;
  return true;
}

function keepFresh(holder) {
  const pause = Number(holder.dataset.every || 3) * 1000;
  let wait = pause;
  const again = async () => {
    if (document.hidden) return setTimeout(again, pause);
    try {
      if (!(await renew(holder))) return undefined;
      wait = pause;
    } catch {
      wait = Math.min(wait * 2, 60000); // the server is away: ask less and less often
    }
    return setTimeout(again, wait);
  };
  setTimeout(again, wait);
}

document.querySelectorAll("[data-refresh]").forEach(keepFresh);

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = document.getElementById("search");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  }
});

document.querySelectorAll("[data-submit]").forEach((field) =>
  field.addEventListener("change", () => field.form.requestSubmit()));
