// Answers that a rule gives: filled in where the visitor left a question blank, so that she sees what is
// kept. Whatever she types or chooses herself is hers; what a rule gave goes when its rule holds no more.

import { isBlank } from "./path.js";

/** Watch what the visitor does herself; `redraw` walks the form again. */
export function minding(form, logic, redraw) {
  if (!logic.pages.some((page) => page.blocks.some((block) => block.sets))) return;
  const hers = ({ target }) => { delete target.closest(".lf-block")?.dataset.set; };
  form.addEventListener("input", hers, true);
  form.addEventListener("focusout", () => setTimeout(redraw)); // a field that was left blank
}

/** What a question holds by the visitor's own hand; null where only a rule put it there. */
export function ownAnswer(block, value) {
  return block?.dataset.set === JSON.stringify(value) ? null : value;
}

/** Put into each question that is shown what its rule gives, and take out what it gives no more. */
export function fillIn(form, logic, way, given) {
  for (const { id, name, sets } of logic.pages.flatMap((page) => page.blocks)) {
    const block = sets && form.querySelector(`.lf-block[data-block="${CSS.escape(id)}"]`);
    if (!block || !isBlank(given[name])) continue;
    const value = way.shown.has(id) ? way.values[name] ?? null : null;
    if (block.dataset.set === (value === null ? undefined : JSON.stringify(value))) continue;
    if (block.contains(document.activeElement) && isTyped(document.activeElement)) continue;
    put(block, value);
  }
}

function put(block, value) {
  for (const control of block.querySelectorAll("input, select, textarea")) {
    if (control.type === "radio" || control.type === "checkbox") control.checked = [value].flat().map(asPosted).includes(control.value);
    else control.value = value === null ? "" : asPosted(value);
  }
  if (value === null) delete block.dataset.set;
  else block.dataset.set = JSON.stringify(value);
}

const asPosted = (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value));
const isTyped = (control) => !["radio", "checkbox"].includes(control.type);
