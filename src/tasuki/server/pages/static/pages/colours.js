/** A colour of the theme as it is on this page: light-dark() of a variable is resolved by the browser. */
export function resolved(name) {
  const probe = document.createElement("i");
  probe.className = "unseen";
  document.body.append(probe);
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
