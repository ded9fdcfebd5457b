// Clocks that run: each counts from the seconds that the server gave, never by the date of this machine.
const SOON = 30 * 60, LONG = 4 * 24 * 3600;
const seen = new WeakMap();

/** The same as the server writes it: `45 m`, `1 h`, `1 h 20 m`, `6 d`. */
function amount(seconds, words) {
  if (seconds >= LONG) return words.clockDays.replace("%d", Math.floor(seconds / 86400));
  if (seconds < 60) return words.clockMinute;
  const hours = Math.floor(seconds / 3600), minutes = Math.floor((seconds % 3600) / 60);
  const text = !hours ? words.clockMinutes : minutes ? words.clockHours : words.clockFull;
  return text.replace("%h", hours).replace("%m", minutes);
}

function tick(one, now) {
  if (!seen.has(one)) seen.set(one, now);
  const words = one.closest("[data-clock-left]")?.dataset;
  if (!words) return;
  const passed = one.dataset.ticks === undefined ? 0 : Math.floor((now - seen.get(one)) / 1000);
  const left = Number(one.dataset.left) - passed;
  const text = (left < 0 ? words.clockOver : words.clockLeft).replace("%t", amount(Math.abs(left), words));
  if (one.textContent !== text) one.textContent = text;
  one.classList.toggle("act", left < SOON);
}

function all() {
  const now = performance.now();
  document.querySelectorAll("time[data-left]").forEach((one) => tick(one, now));
}

all();
setInterval(all, 1000);
document.addEventListener("tasuki:renewed", all);
document.addEventListener("htmx:afterSettle", all);
