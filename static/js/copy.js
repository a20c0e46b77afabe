// A button with data-copy="ID" copies the value of that field and says so for a moment.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select(); // no clipboard without https: the text is selected, Ctrl C does the rest
    return;
  }
  button.dataset.done = "1";
  setTimeout(() => delete button.dataset.done, 1500);
});
