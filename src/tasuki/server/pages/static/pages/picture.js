// Saves a drawing as a PNG: the SVG of the page with its looks written into it, painted on a canvas. Nothing leaves the browser.
const LOOKS = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "opacity", "font-family",
  "font-size", "font-weight", "text-anchor", "dominant-baseline",
];
const SCALE = 2, MARGIN = 16, HEAD = 34;

/** A copy that looks the same without the page's style sheets. */
function alone(svg) {
  const copy = svg.cloneNode(true);
  const shown = [svg, ...svg.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")];
  shown.forEach((one, place) => {
    const looks = getComputedStyle(one);
    for (const name of LOOKS) copies[place].setAttribute(name, looks.getPropertyValue(name));
    copies[place].removeAttribute("class");
    copies[place].removeAttribute("style");
    copies[place].removeAttribute("href");
  });
  const { width, height } = svg.getBoundingClientRect();
  if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width * SCALE);
  copy.setAttribute("height", height * SCALE);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

async function painted(svg, title) {
  const { text, width, height } = alone(svg);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = (width + 2 * MARGIN) * SCALE;
  canvas.height = (height + 2 * MARGIN + HEAD) * SCALE;
  const brush = canvas.getContext("2d"), body = getComputedStyle(document.body);
  brush.fillStyle = getComputedStyle(svg.closest(".card") ?? document.body).backgroundColor;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.scale(SCALE, SCALE);
  brush.fillStyle = body.color;
  brush.font = `600 15px ${body.fontFamily}`;
  brush.fillText(title, MARGIN, MARGIN + 14);
  brush.drawImage(image, MARGIN, MARGIN + HEAD, width, height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** What the drawing is called on the page: the head of its card. */
const titled = (figure) => (figure.querySelector("h2:not(.unseen), h3, figcaption a")?.textContent ?? document.title).trim();

async function save(button) {
  const figure = button.closest("[data-figure]");
  const svg = figure?.querySelector("[data-chart] svg, svg.streams");
  if (!svg) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await painted(svg, titled(figure)));
  link.download = `${button.dataset.png}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-png]");
  if (button) save(button);
});
