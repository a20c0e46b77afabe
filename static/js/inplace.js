// Changing a value where it stands: double-click a cell, press E on the cursor row, or pick one row and press Edit.
// <table data-cells="/deals/0/cell/"> with <th data-edit="amount">; the row is named by its data-row-link.
let kept = null; // the cell as it was and where it is changed, while its field is open

export function initInplace() {
  document.addEventListener("dblclick", (event) => {
    const cell = event.target.closest("[data-cells] [data-row] > td");
    if (cell && !event.target.closest("a, button, input, [data-editing]") && columnOf(cell)) open(cell);
  });
  document.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-editing]");
    if (event.target.closest("[data-cell-keep]")) keep(cell);
    else if (event.target.closest("[data-cell-leave]")) leave(cell);
    else if (event.target.closest("[data-edit-picked]")) editRow(document.querySelector("[data-pick]:checked")?.closest("[data-row]"));
  });
  document.addEventListener("keydown", onKey, true);
}

export function editRow(row) {
  const first = row && next(row, -1);
  if (first) open(first);
  return Boolean(first);
}

function onKey(event) {
  const cell = event.target.closest?.("[data-editing]");
  if (!cell) return;
  if (event.key === "Escape") leave(cell);
  else if (event.key === "Enter" && !event.target.closest("button")) keep(cell);
  else if (event.key === "Tab" && !event.shiftKey && !event.target.closest("button")) keep(cell, true);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function columnOf(cell) {
  return cell.closest("table").tHead.rows[0].cells[cell.cellIndex]?.dataset.edit;
}

function next(row, after) {
  return [...row.cells].find((cell) => cell.cellIndex > after && columnOf(cell) && cell.checkVisibility());
}

function urlOf(cell) {
  const [row] = cell.closest("[data-row]").querySelector("[data-row-link]").pathname.match(/\d+/);
  return cell.closest("table").dataset.cells.replace("/0/", `/${row}/`) + `${columnOf(cell)}/`;
}

async function open(cell) {
  const before = document.querySelector("[data-editing]");
  if (before) leave(before);
  const row = cell.parentElement;
  const place = cell.cellIndex;
  const was = { cell: cell.cloneNode(true), url: urlOf(cell) };
  await window.htmx.ajax("GET", was.url, { target: cell, swap: "outerHTML" });
  const field = row.cells[place];
  if (!field.matches("[data-editing]")) return;
  kept = was;
  const input = field.querySelector("input:not([type=hidden]), select, textarea");
  input.focus();
  input.select?.();
}

function leave(cell) {
  const row = cell.parentElement;
  cell.replaceWith(kept.cell);
  kept = null;
  row.querySelector("[data-row-link]")?.focus({ preventScroll: true });
}

async function keep(cell, goOn = false) {
  const row = cell.parentElement;
  const place = cell.cellIndex;
  const values = Object.fromEntries([...cell.querySelectorAll("[name]")].map((input) => [input.name, input.value]));
  await window.htmx.ajax("POST", kept.url, { target: cell, swap: "outerHTML", values });
  const now = row.cells[place];
  if (now.matches("[data-editing]")) return now.querySelector("input:not([type=hidden]), select, textarea").focus();
  kept = null;
  const further = goOn && next(row, place);
  if (further) open(further);
  else row.querySelector("[data-row-link]")?.focus({ preventScroll: true });
}
