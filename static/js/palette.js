// The command palette: Ctrl K, type, arrow keys, Enter. Results come from GET /search/ through htmx.
export function initPalette() {
  const dialog = document.querySelector("[data-palette]");
  if (!dialog) return;
  const input = dialog.querySelector("input[type=search]");
  const results = dialog.querySelector("[role=listbox]");
  const options = () => [...results.querySelectorAll("[role=option]")];

  const choose = (index) => {
    const all = options();
    all.forEach((option, i) => {
      option.setAttribute("aria-selected", String(i === index));
      option.id ||= `lf-option-${i}`;
    });
    const chosen = all[index];
    if (!chosen) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  };
  const chosen = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

  dialog.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((chosen() + step + count) % Math.max(count, 1));
      event.preventDefault();
    } else if (event.key === "Enter" && chosen() >= 0) {
      options()[chosen()].click();
      event.preventDefault();
    }
  });
  results.addEventListener("htmx:afterSwap", () => choose(0));
  dialog.addEventListener("close", () => { input.value = ""; });
}

export function openPalette() {
  const dialog = document.querySelector("[data-palette]");
  if (!dialog || dialog.open) return;
  document.querySelectorAll("dialog[open]").forEach((other) => other.close());
  dialog.showModal();
  dialog.querySelector("input[type=search]").focus();
}
