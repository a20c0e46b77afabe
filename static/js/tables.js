// Lists: J K move the cursor row, X selects, Enter opens; the bulk bar follows the selection.
// Markup: <table data-list> rows <tr data-row>, box input[data-pick], link [data-row-link];
// bulk bar [data-bulk] hidden until something is selected, its count in [data-bulk-count].
import { editRow } from "./inplace.js";

export function initTables() {
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-columns]")) joinColumns(event.target);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) pickAll(event.target);
    if (event.target.matches("[data-pick], [data-pick-all]")) reflect(event.target.closest("[data-list]"));
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-bulk-close]")) clear();
    const also = event.shiftKey && event.target.closest("[data-also]");
    if (also) { // Shift sorts by this column after the others
      event.preventDefault();
      window.location = also.dataset.also;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]") && picked().length) clear();
  });
  document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("[data-list]").forEach(reflect));
  document.querySelectorAll("[data-list]").forEach(reflect);
}

export function tableKey(event) {
  const rows = [...document.querySelectorAll("[data-list] [data-row]")];
  if (!rows.length) return false;
  const here = rows.findIndex((row) => row.hasAttribute("data-cursor"));
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") move(rows, here, key === "j" ? 1 : -1);
  else if (here < 0) return false;
  else if (key === "x") toggle(rows[here]);
  else if (key === "e" && editRow(rows[here])) event.stopPropagation();
  else if (key === "enter" && !event.target.closest("a, button, summary, input")) rows[here].querySelector("[data-row-link]")?.click();
  else return false;
  event.preventDefault();
  return true;
}

function move(rows, here, step) {
  const next = rows[Math.min(rows.length - 1, Math.max(0, here + step))];
  rows.forEach((row) => row.removeAttribute("data-cursor"));
  next.setAttribute("data-cursor", "");
  next.querySelector("[data-row-link]")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function toggle(row) {
  const box = row.querySelector("[data-pick]");
  if (!box) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function joinColumns(form) {
  const ticked = [...form.querySelectorAll("[data-column]:checked")].map((box) => box.value);
  form.elements.cols.value = ticked.join(",");
}

function pickAll(box) {
  box.closest("[data-list]").querySelectorAll("[data-pick]").forEach((one) => { one.checked = box.checked; });
}

function clear() {
  picked().forEach((box) => { box.checked = false; });
  document.querySelectorAll("[data-list]").forEach(reflect);
}

const picked = () => [...document.querySelectorAll("[data-pick]:checked")];

function reflect(list) {
  if (!list) return;
  const boxes = [...list.querySelectorAll("[data-pick]")];
  const count = boxes.filter((box) => box.checked).length;
  boxes.forEach((box) => box.closest("[data-row]")?.setAttribute("aria-selected", String(box.checked)));
  const all = list.querySelector("[data-pick-all]");
  if (all) {
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  }
  document.querySelectorAll("[data-bulk]").forEach((bar) => {
    bar.hidden = count === 0;
    bar.querySelectorAll("[data-bulk-count]").forEach((word) => { word.textContent = String(count); });
    bar.querySelectorAll("[data-edit-picked]").forEach((edit) => { edit.hidden = count !== 1 || !list.dataset.cells; });
  });
}
