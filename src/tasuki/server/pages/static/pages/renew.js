// Renews what moves: a holder with data-refresh asks its address, and the parts in it with another data-version are swapped.
// It asks every data-every seconds while things move or somebody is at work, less and less often while nothing does.
import { isTouched } from "./typing.js";

const SLOWEST = 30000, AWAY = 60000;
const kept = new WeakSet();
let active = Date.now();
for (const kind of ["pointerdown", "keydown", "visibilitychange"]) {
  document.addEventListener(kind, () => { active = Date.now(); }, { passive: true });
}

const opened = (part) => [...part.querySelectorAll("details[open][id]")].map((details) => details.id);

// What somebody is typing in is left alone; the server refuses a form that is no longer true, and says so.
function swap(part, fresh) {
  if (!fresh || part.dataset.version === fresh.dataset.version || isTouched(part)) return false;
  const open = opened(part);
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceWith(fresh);
  window.htmx?.process(fresh);
  open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  if (focused) document.getElementById(focused)?.focus();
  return true;
}

/** True: something was new; false: nothing; undefined: do not ask again. */
async function renew(holder) {
  const url = new URL(holder.dataset.refresh, location.href);
  if (holder.dataset.have) url.searchParams.set("have", holder.dataset.have);
  const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
  if (answer.status === 204) return false; // nothing is new
  if (!answer.ok || answer.redirected) return undefined;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.querySelector("[data-reload]")) {
    location.reload();
    return undefined;
  }
  const swapped = [...holder.querySelectorAll("[data-version]")].map((part) => swap(part, page.getElementById(part.id)));
  // What stands elsewhere on the page and comes along: the badge.
  page.querySelectorAll("[data-also][id]").forEach((fresh) => {
    const part = document.getElementById(fresh.id);
    if (part && !holder.contains(part)) swap(part, fresh);
  });
  if (swapped.some(Boolean)) document.dispatchEvent(new CustomEvent("tasuki:renewed"));
  const fresh = page.querySelector("[data-have]");
  if (fresh) holder.dataset.have = fresh.dataset.have;
  const said = page.querySelector("[data-say]")?.dataset.say;
  const voice = document.getElementById("voice");
  if (said && voice && holder.dataset.said !== undefined && holder.dataset.said !== said) voice.textContent = said;
  if (said) holder.dataset.said = said;
  return swapped.some(Boolean);
}

/** Begin to renew a part, once. */
export function keepFresh(holder) {
  if (kept.has(holder)) return;
  kept.add(holder);
  const pause = Number(holder.dataset.every || 3) * 1000;
  let wait = pause, asked = Date.now(), timer;
  const later = (ms) => { timer = setTimeout(again, ms); };
  const again = async () => {
    if (!holder.isConnected) return undefined;
    if (document.hidden) return later(pause);
    const begin = Date.now();
    try {
      const found = await renew(holder);
      if (found === undefined) return undefined;
      wait = found || active > asked ? pause : Math.min(wait * 1.3, Math.max(pause, SLOWEST));
    } catch {
      wait = Math.min(wait * 2, AWAY); // the server is away
    }
    asked = begin;
    return later(wait);
  };
  later(wait);
  document.addEventListener("tasuki:renew", () => { clearTimeout(timer); later(0); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) wait = pause; });
}
