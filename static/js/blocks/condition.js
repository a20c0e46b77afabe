// "Show when": one group of conditions on the questions above, as a sentence of small boxes.
import { el, icon, say, tool } from "./dom.js";

const OPS = {
  text: ["is", "is_not", "contains", "not_contains", "is_set", "is_not_set"],
  number: ["is", "at_least", "at_most", "more_than", "less_than", "is_set", "is_not_set"],
  boolean: ["is"],
  choice: ["is", "is_not", "is_set", "is_not_set"],
  choices: ["has_any_of", "has_none_of", "is_set", "is_not_set"],
};
const BARE = new Set(["is_set", "is_not_set"]);

const modeOf = (rule) => (rule?.any ? "any" : "all");
const rowsOf = (rule) => rule?.[modeOf(rule)] ?? [];

export function conditionEditor(rule, askable, save) {
  const box = el("div", { className: "lf-bk-logic" });
  const rows = structuredClone(rowsOf(rule));
  const mode = modeOf(rule);
  const put = (next, how = mode) => save(next.length ? { [how]: next } : null);
  if (!askable.length) return el("p", { className: "lf-bk-note" }, say("logic_nothing"));
  if (rows.length > 1) box.append(modeLine(mode, (how) => put(rows, how)));
  rows.forEach((row, at) => box.append(line(row, askable, (next) => put(rows.map((one, n) => (n === at ? next : one))), () => put(rows.filter((_one, n) => n !== at)))));
  if (!rows.length) box.append(el("p", { className: "lf-bk-note" }, say("logic_none")));
  const more = rows.length ? say("add_condition") : say("add_rule");
  box.append(el("button", { type: "button", className: "lf-bk-link", onclick: () => put([...rows, fresh(askable[askable.length - 1])]) }, more));
  return box;
}

function fresh(field) {
  const op = OPS[field.logic][0];
  return { field: field.name, op, ...valuePart(field, op) };
}

function valuePart(field, op) {
  if (BARE.has(op)) return {};
  if (field.logic === "boolean") return { value: true };
  if (field.logic === "number") return { value: 0 };
  if (field.logic === "choice") return { value: field.options[0]?.value ?? "" };
  if (field.logic === "choices") return { value: [field.options[0]?.value ?? ""] };
  return { value: "" };
}

function modeLine(mode, save) {
  const choice = picker([["all", say("all")], ["any", say("any")]], mode, save, say("match", { mode: "" }));
  return el("p", { className: "lf-bk-mode" }, say("match", { mode: "\u0000" }).split("\u0000")[0], choice, say("match", { mode: "\u0000" }).split("\u0000")[1]);
}

function line(row, askable, save, drop) {
  const field = askable.find((one) => one.name === row.field) ?? { name: row.field, label: row.field, logic: "text", options: [] };
  const known = askable.some((one) => one.name === row.field) ? askable : [field, ...askable];
  const pickField = picker(known.map((one) => [one.name, one.label]), field.name, (name) => save(fresh(known.find((one) => one.name === name))), say("shown_when"));
  const pickOp = picker(OPS[field.logic].map((op) => [op, say(`op_${op}`)]), row.op, (op) => save({ field: row.field, op, ...(BARE.has(op) ? {} : keepValue(row, field, op)) }), say("op_is"));
  const value = BARE.has(row.op) ? null : valueControl(row, field, save);
  return el("div", { className: "lf-bk-condition" }, pickField, pickOp, value, tool("x", say("remove"), drop));
}

function keepValue(row, field, op) {
  return row.value === undefined ? valuePart(field, op) : { value: row.value };
}

function valueControl(row, field, save) {
  const put = (value) => save({ ...row, value });
  if (field.logic === "boolean") return picker([["true", say("yes")], ["false", say("no")]], String(row.value), (value) => put(value === "true"), field.label);
  const options = field.options.map((one) => [one.value, one.label]);
  if (field.logic === "choice") return picker(options, row.value, put, field.label);
  if (field.logic === "choices") return picker(options, row.value?.[0], (value) => put([value]), field.label);
  const type = field.logic === "number" ? "number" : "text";
  return el("input", { type, className: "lf-input", value: row.value ?? "", "aria-label": field.label, onchange: (event) => put(type === "number" ? Number(event.target.value) : event.target.value) });
}

function picker(options, current, save, label) {
  const made = el("select", { className: "lf-input form-select", "aria-label": label, onchange: (event) => save(event.target.value) }, options.map(([value, text]) => el("option", { value, selected: value === current }, text)));
  return made;
}

// The rule in words, with the question and the value set off.
export function sentence(rule, askable) {
  const link = ` ${modeOf(rule) === "any" ? "/" : "+"} `;
  const parts = rowsOf(rule).flatMap((row, at) => {
    const field = askable.find((one) => one.name === row.field);
    const words = [el("b", {}, field?.label ?? row.field), ` ${say(`op_${row.op}`)} `];
    if (!BARE.has(row.op)) words.push(el("b", {}, shown(row.value, field)));
    return at ? [link, ...words] : words;
  });
  return el("span", {}, parts);
}

function shown(value, field) {
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  const values = Array.isArray(value) ? value : [value];
  return values.map((one) => field?.options?.find((option) => option.value === one)?.label ?? String(one)).join(", ");
}
