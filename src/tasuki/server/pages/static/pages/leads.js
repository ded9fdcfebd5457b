// The list of leads: links of the list renew only the list, columns change places, and rows are chosen.
// Without it every link and form works, with a whole page each time.

const work = () => document.getElementById("work");

// Heads and pages within the list.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-ask]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || !window.htmx) return;
  event.preventDefault();
  window.htmx.ajax("GET", link.href, { source: work(), target: "#work", swap: "morph:outerHTML show:none" })
    .then(() => document.querySelector(".list")?.scrollTo(0, 0));
});

// The other way of looking keeps the question that is asked by now.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-same]");
  if (link && work()) link.search = work().dataset.query;
});

// Columns: one place up or down.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-up], [data-down]");
  const line = button?.closest("li");
  if (!line) return;
  const other = button.matches("[data-up]") ? line.previousElementSibling : line.nextElementSibling;
  if (!other) return;
  if (button.matches("[data-up]")) other.before(line); else other.after(line);
  button.focus();
});

// Rows.
const rows = (form) => [...form.querySelectorAll("input[name=lead]")];
let last = null;

function tell(form) {
  const all = rows(form), chosen = all.filter((box) => box.checked);
  const whole = form.querySelector("[data-page]"), every = form.querySelector("[data-all]");
  if (whole) {
    whole.checked = chosen.length > 0 && chosen.length === all.length;
    whole.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  if (every && chosen.length < all.length) every.checked = false;
  const about = document.getElementById("about")?.textContent.trim();
  const count = form.querySelector("[data-count]");
  if (count) count.textContent = every?.checked ? about || "" : chosen.length.toLocaleString(document.documentElement.lang);
}

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches?.("#many input[name=lead]")) return;
  const all = rows(box.form);
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
    all.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
  }
  last = box;
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.id !== "many") return;
  if (event.target.matches("[data-page]")) rows(form).forEach((box) => { box.checked = event.target.checked; });
  if (event.target.matches("[data-all]") && event.target.checked) rows(form).forEach((box) => { box.checked = true; });
  tell(form);
});

document.addEventListener("reset", (event) => {
  if (event.target.id === "many") setTimeout(() => tell(event.target));
});

// About how many there are: asked when the list is there, which does not wait for it.
let counted = "";
function count() {
  const about = document.getElementById("about");
  if (!about || (about.dataset.countAt === counted && about.textContent)) return;
  counted = about.dataset.countAt;
  fetch(counted, { headers: { "X-Requested-With": "fetch" } })
    .then((answer) => (answer.ok && answer.status === 200 && !answer.redirected ? answer.text() : ""))
    .then((text) => {
      const place = document.getElementById("about");
      if (!place || place.dataset.countAt !== counted) return;
      const part = new DOMParser().parseFromString(text, "text/html").body;
      place.replaceChildren(...part.childNodes);
    })
    .catch(() => {});
}

const begin = () => {
  const form = document.getElementById("many");
  if (form) tell(form);
  count();
};
begin();
document.addEventListener("htmx:afterSettle", begin);
