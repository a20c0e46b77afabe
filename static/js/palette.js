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
  results.addEventListener("htmx:afterSwap", () => {
    if (input.value.startsWith(">")) offerPage(results, input.value.slice(1));
    choose(0);
  });
  dialog.addEventListener("close", () => { input.value = ""; });
}

// What the buttons of this page do, by name: chosen here, pressed there.
function offerPage(results, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const label = (button) => (button.getAttribute("aria-label") || [...button.childNodes]
    .filter((node) => !node.classList?.contains("lf-key")).map((node) => node.textContent).join("")).trim();
  const found = [...document.querySelectorAll(".lf-top-actions .lf-btn, .lf-rec-acts .lf-btn")]
    .filter((button) => button.checkVisibility() && !button.disabled && button.dataset.open !== "lf-palette")
    .filter((button) => words.every((word) => label(button).toLowerCase().includes(word)));
  if (!found.length) return;
  results.querySelector("[aria-disabled]")?.remove();
  const head = Object.assign(document.createElement("div"), { className: "lf-menu-head", textContent: results.dataset.here });
  head.setAttribute("role", "presentation");
  const items = found.map((button) => {
    const item = Object.assign(document.createElement("button"), { type: "button", className: "lf-palette-item", textContent: label(button) });
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const icon = button.querySelector("svg");
    if (icon) item.prepend(icon.cloneNode(true));
    item.addEventListener("click", () => { results.closest("dialog").close(); button.click(); });
    return item;
  });
  results.prepend(head, ...items);
}

export function openPalette() {
  const dialog = document.querySelector("[data-palette]");
  if (!dialog || dialog.open) return;
  document.querySelectorAll("dialog[open]").forEach((other) => other.close());
  dialog.showModal();
  dialog.querySelector("input[type=search]").focus();
}
