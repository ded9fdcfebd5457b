// A file is dropped, chosen or pasted, and goes up with its progress. Without it, the form is sent as any other.
const form = document.querySelector("form[data-drop]");

function show(form, text, share) {
  const place = form.querySelector(".drop-progress");
  const bar = place.querySelector("progress");
  place.hidden = false;
  if (share === undefined) bar.removeAttribute("value"); else bar.value = share;
  place.querySelector("[role=status]").textContent = text;
}

function reset(form, text) {
  form.querySelector(".drop-progress progress").hidden = true;
  form.querySelector("[role=status]").textContent = text;
  form.querySelector(".drop-progress").hidden = !text;
  form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
}

// The answer is a page: that of the import, or this one again with what is wrong beside the field.
function answered(request) {
  if (request.responseURL && new URL(request.responseURL).pathname !== new URL(form.action).pathname) {
    location.assign(request.responseURL);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const fresh = page.querySelector("form[data-drop]");
  const said = page.querySelector(".note.error p, h1")?.textContent.trim() ?? document.body.dataset.failed;
  if (!fresh || request.status >= 500) {
    reset(form, said);
    return;
  }
  form.replaceChildren(...fresh.childNodes);
  form.querySelector("input[type=file]").focus();
}

function send() {
  const request = new XMLHttpRequest();
  const data = new FormData(form);
  form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
  request.upload.addEventListener("progress", (event) => {
    const share = event.lengthComputable ? Math.round((100 * event.loaded) / event.total) : undefined;
    show(form, share === 100 ? form.dataset.reading : `${form.dataset.uploading} ${share ?? ""}${share === undefined ? "" : document.documentElement.lang === "ja" ? "%" : " %"}`, share);
  });
  request.upload.addEventListener("load", () => show(form, form.dataset.reading));
  request.addEventListener("load", () => answered(request));
  request.addEventListener("error", () => reset(form, document.body.dataset.failed));
  request.open("POST", form.action);
  request.send(data);
  show(form, form.dataset.uploading, 0);
}

function take(files) {
  if (!files?.length) return;
  const field = form.querySelector("input[type=file]");
  const one = new DataTransfer();
  one.items.add(files[0]);
  field.files = one.files;
  send();
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  form.addEventListener("change", (event) => { if (event.target.type === "file" && event.target.files.length) send(); });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.add("is-over");
    });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("is-over"); });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    form.classList.remove("is-over");
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files));
}
