// What a rule sets a question to, chosen or typed as the question itself is answered.
import { el, say } from "./dom.js";

export function answerField(prop, value, save, { block, id }) {
  const several = block.props.is_multiple;
  const made = several ? boxes(block, value, save) : control(block, value, save);
  if (several) return el("fieldset", { className: "lf-field lf-bk-ticks" }, el("legend", { className: "lf-label" }, prop.label), made);
  made.id = id;
  return el("div", { className: "lf-field" }, el("label", { className: "lf-label", htmlFor: id }, prop.label), made);
}

/** The value as people read it. */
export function answerWords(block, value) {
  const words = Object.fromEntries(choicesOf(block) ?? []);
  return [value].flat().map((one) => words[one] ?? one).join(", ");
}

function control(block, value, save) {
  const choices = choicesOf(block);
  if (!choices) return el("input", { ...TYPED[block.type], className: "lf-input", value: value ?? "", autocomplete: "off", oninput: (event) => save(event.target.value) });
  const all = [["", say("choose_answer")], ...choices];
  return el("select", { className: "lf-input form-select", onchange: (event) => save(event.target.value) }, all.map(([key, label]) => el("option", { value: key, selected: key === (value ?? "") }, label)));
}

// Ticks follow the order of the answers, whichever was ticked first.
function boxes(block, value, save) {
  const ticked = new Set([value].flat());
  const keep = (key, isOn) => {
    if (isOn) ticked.add(key); else ticked.delete(key);
    save(choicesOf(block).map(([one]) => one).filter((one) => ticked.has(one)));
  };
  return choicesOf(block).map(([key, label]) => el("label", { className: "lf-bk-tick" },
    el("input", { type: "checkbox", className: "form-check-input", checked: ticked.has(key), onchange: (event) => keep(key, event.target.checked) }), label));
}

function choicesOf({ type, props }) {
  if (props.options) return props.options.map((one) => [one.value, one.label]);
  if (type === "yes_no") return [["yes", say("yes")], ["no", say("no")]];
  if (type === "rating") return steps(1, props.stars ?? 5);
  if (type === "scale") return steps(props.lowest, props.highest);
  return null;
}

const steps = (low, high) => Array.from({ length: Number(high) - Number(low) + 1 }, (_one, at) => [String(Number(low) + at), String(Number(low) + at)]);

const TYPED = {
  number: { type: "number", step: "any" },
  money: { type: "number", step: "any" },
  date: { type: "date" },
  short_text: { type: "text", maxLength: 300 },
  long_text: { type: "text", maxLength: 300 },
};
