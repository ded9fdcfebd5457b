// The sliders of the plan. The number beside a slider is what is sent; the server counts. Without this the numbers are typed.

const form = document.getElementById("plan-form");

/** Tell the form that a number has changed, so that htmx asks anew. */
function tell(number) {
  number.dispatchEvent(new Event("input", { bubbles: true }));
}

function knob(holder) {
  const range = holder.querySelector("input[type=range]"), number = holder.querySelector("input[type=number]");
  const reset = holder.querySelector("[data-reset]"), own = holder.dataset.own;
  const show = () => {
    const changed = own !== "" && number.value !== own;
    holder.classList.toggle("changed", changed);
    reset.hidden = !changed;
    range.disabled = number.value === "";
    if (number.value !== "") range.value = number.value;
  };
  range.hidden = false;
  range.addEventListener("input", (event) => {
    event.stopPropagation();
    number.value = range.value;
    show();
    tell(number);
  });
  number.addEventListener("input", show);
  reset.addEventListener("click", () => {
    number.value = own;
    show();
    tell(number);
  });
  show();
}

if (form) {
  form.querySelectorAll(".knob").forEach(knob);
  form.querySelector("[data-reset-all]").addEventListener("click", (event) => {
    event.preventDefault(); // the goals stay
    form.querySelectorAll("details .knob.changed [data-reset]").forEach((button) => button.click());
  });
  form.querySelector("[data-send]").hidden = true; // what is changed is shown at once
}
