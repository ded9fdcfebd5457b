// Links to hand on: one press copies. Without it they are selected and copied by hand.
document.querySelectorAll("[data-copy]").forEach((button) => {
  const field = document.getElementById(button.dataset.copy);
  const word = button.querySelector("span");
  if (!field) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      if (!document.execCommand("copy")) return; // a page without https has no clipboard of its own
    }
    word.textContent = button.dataset.copied;
    const voice = document.getElementById("voice");
    if (voice) voice.textContent = button.dataset.copied;
  });
});
