// A rule of the document: the rule builder of the product over the questions above, and its sentence.
import "../rule-builder.js";
import { el, iconsUrl, rules, say } from "./dom.js";

const MODES = ["all", "any", "none"];
const modeOf = (node) => MODES.find((mode) => Array.isArray(node?.[mode]));
const isEmpty = (rule) => !rule || !rule[modeOf(rule)]?.length;

export function ruleEditor(label, rule, askable, save, empty) {
  const box = el("div", { className: "lf-bk-logic" }, el("h4", { className: "lf-label" }, label));
  if (!askable.length) box.append(el("p", { className: "lf-bk-note" }, say("logic_nothing")));
  else if (isEmpty(rule)) box.append(el("p", { className: "lf-bk-note" }, empty), adder(label, () => save({ all: [fresh(askable.at(-1))] })));
  else box.append(builder(label, rule, askable, save));
  return box;
}

function adder(label, onclick) {
  return el("button", { type: "button", className: "lf-bk-link", "aria-label": `${say("add_rule")}: ${label}`, onclick }, say("add_rule"));
}

function builder(label, rule, askable, save) {
  const store = el("textarea", { hidden: true, value: JSON.stringify(rule) });
  const config = el("script", { type: "application/json" }, JSON.stringify({ ...rules, events: [], fields: askable.map(asField) }));
  const made = el("lf-rules", { className: "lf-rules", data: { icons: iconsUrl }, role: "group", "aria-label": label }, el("div", { className: "lf-rules-plain" }, store), config);
  made.addEventListener("lf:rule-changed", () => {
    const next = JSON.parse(store.value);
    save(isEmpty(next) ? null : next, !isEmpty(next));
  });
  return made;
}

function asField(one) {
  return { key: one.name, label: one.label, group: one.group ?? "", type: one.logic, operators: rules.types[one.logic], choices: one.options.map(({ value, label }) => [value, label]) };
}

function fresh(one) {
  const [op] = rules.types[one.logic];
  const shape = rules.operators[op].shape;
  if (shape === "list") return { field: one.name, op, value: one.options.length ? [one.options[0].value] : [] };
  if (one.logic === "boolean") return { field: one.name, op, value: true };
  if (one.logic === "number") return { field: one.name, op, value: 0 };
  return { field: one.name, op, value: one.options[0]?.value ?? "" };
}

// The rule in words, with the question and the value set off.
export function sentence(rule, askable) {
  return el("span", {}, inWords(rule, askable));
}

function inWords(node, askable) {
  const mode = modeOf(node);
  if (!mode) return condition(node, askable);
  const link = ` ${say(mode === "any" ? "or" : "and")} `;
  const parts = node[mode].flatMap((item, at) => {
    const words = modeOf(item) ? ["(", ...inWords(item, askable), ")"] : inWords(item, askable);
    return at ? [link, ...words] : words;
  });
  return mode === "none" ? [`${say("not")} (`, ...parts, ")"] : parts;
}

function condition({ field, op, value }, askable) {
  const known = askable.find((one) => one.name === field);
  const words = [el("b", {}, known?.label ?? field), ` ${rules.operators[op]?.label ?? op} `];
  return value === undefined || value === null ? words : [...words, el("b", {}, shown(value, known))];
}

function shown(value, known) {
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  const values = Array.isArray(value) ? value : [value];
  return values.map((one) => known?.options?.find((option) => option.value === one)?.label ?? String(one)).join(", ");
}
