// The way through a form, as capture/blocks/path.py walks it, step by step; keep the two alike. What is
// decided here is a courtesy: the server walks again.
import { matches } from "./conditions.js";
import { compute, round } from "./formulas.js";

/**
 * The way of who answered `given`.
 * @param {object} plan from the server: pages, endings, fields, points, today
 * @param {object} given question name to value, as JSON carries it
 * @returns {{pages: string[], shown: Set, required: Set, values: object, record: object, ending: string}}
 */
export function walk(plan, given) {
  const way = { pages: [], shown: new Set(), required: new Set(), values: {}, record: {}, ending: "" };
  const world = { fields: plan.fields, at: plan.at };
  const holds = (rule) => !rule || matches(rule, way.record, world);
  const first = (cases, fallback) => (cases.find(([rule]) => holds(rule)) ?? [null, fallback])[1];
  let goal = "";
  for (const page of plan.pages) {
    if (goal === page.id) goal = "";
    const reached = !goal && holds(page.show);
    if (reached) way.pages.push(page.id);
    for (const block of page.blocks) take(block, reached, { plan, given, way, holds, first });
    if (reached) goal = first(page.jumps, "");
  }
  way.ending = plan.endings.find(({ when }) => holds(when))?.id ?? "";
  return way;
}

function take(block, reached, { plan, given, way, holds, first }) {
  if (block.type === "hidden" || block.type === "url_param") {
    note(block, carried(block, given, first), way);
    return;
  }
  const isShown = reached && holds(block.show);
  if (isShown) way.shown.add(block.id);
  if (!block.name || isSet(block, isShown, { given, way, first }) || !isShown) return;
  if (block.type === "calculation") {
    workOut(block, plan, way);
    return;
  }
  if (block.required || (block.require && holds(block.require))) way.required.add(block.name);
  way.record[block.name] = given[block.name] ?? null;
}

// Whether a rule answers it, since the visitor left it blank or was not asked.
function isSet(block, isShown, { given, way, first }) {
  if (!block.sets || (isShown && !isBlank(given[block.name]))) return false;
  const value = first(block.sets, null);
  if (value === null) return false;
  note(block, value, way);
  return true;
}

export const isBlank = (value) => value === undefined || value === null || value === "" || value.length === 0;

function carried(block, given, first) {
  if (block.type === "url_param") return given[block.name] || null;
  return first(block.cases, block.value) || null;
}

function workOut(block, { points, today }, way) {
  if (!block.formula) return;
  const value = compute(block.formula, { answers: way.record, points, today });
  note(block, kept(block, value), way);
}

function kept({ gives, decimals }, value) {
  if (gives === "text") return typeof value === "string" && value ? Array.from(value).slice(0, 500).join("") : null;
  return typeof value === "number" ? round(value, decimals) : null;
}

// A value that is ours and not the visitor's word.
function note(block, value, way) {
  way.record[block.name] = value;
  if (value !== null) way.values[block.name] = value;
}
