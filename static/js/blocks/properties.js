// The panel on the right: the properties of the selected block, or of the whole document.
import { el, icon, say, slug, tool } from "./dom.js";
import { conditionEditor } from "./condition.js";

export function drawProperties(root, store, act) {
  const panel = root.querySelector("[data-properties]");
  let shownFor;
  const controls = () => [...panel.querySelectorAll("input, select, textarea, button, summary")];
  const redraw = () => {
    const focused = controls().indexOf(document.activeElement);
    shownFor = store.selected;
    const here = store.find(store.selected);
    panel.replaceChildren(...(here ? blockPanel(store, here.block, act) : formPanel(store, act)));
    if (!act.canEdit) controls().forEach((one) => { one.disabled = true; });
    if (focused >= 0) controls()[focused]?.focus();
  };
  store.addEventListener("select", redraw);
  // While somebody types here the panel stays; everything else draws it anew.
  store.addEventListener("change", (event) => { if (!event.detail.key || shownFor !== store.selected) redraw(); });
  store.addEventListener("problems", () => { if (!panel.contains(document.activeElement)) redraw(); });
  redraw();
}

function formPanel(store, act) {
  const head = panelHead(say("page_settings"), "");
  const fields = store.set.settings.map((prop) => field(prop, store.content.settings[prop.key], (value) => store.setSetting(prop.key, value), problemOf(act, `settings.${prop.key}`)));
  return [head, el("p", { className: "lf-bk-note" }, say("none_selected")), ...fields];
}

function blockPanel(store, block, act) {
  const kind = store.kind(block);
  const head = panelHead(kind.label, say("block_of", { n: store.place(block.id), all: store.all().length }));
  const draw = (prop) => blockField(store, block, prop, act);
  const plain = kind.props.filter((prop) => !prop.section).map(draw);
  const sections = store.set.sections.map(([key, label]) => section(key, label, kind.props.filter((prop) => prop.section === key).map(draw)));
  return [head, ...plain, ...sections.filter(Boolean)];
}

function panelHead(title, note) {
  return el("div", { className: "lf-bk-panelhead" }, el("h2", {}, title), el("span", {}, note));
}

function section(key, label, fields) {
  if (!fields.length) return null;
  if (key === "logic") return el("section", { className: "lf-bk-section" }, el("h3", {}, label), fields);
  return el("details", { className: "lf-bk-section" }, el("summary", {}, label), fields);
}

function problemOf(act, path) {
  return act.problems().find((one) => one.path === path || (one.block && one.path.endsWith(path)))?.message;
}

function blockField(store, block, prop, act) {
  const value = block.props[prop.key];
  const message = act.problems().find((one) => one.block === block.id && one.path.endsWith(`.${prop.key}`))?.message;
  if (prop.kind === "options") return optionsField(store, block, prop, value, message);
  if (prop.kind === "condition") {
    const save = (rule) => store.setProp(block.id, prop.key, rule);
    return el("div", {}, conditionEditor(value, store.askable(block.id), save), help(prop.help), error(message));
  }
  if (prop.kind === "formula") return formulaField(store, block, prop, value, message);
  const typing = ["text", "long_text", "name", "url", "number"].includes(prop.kind);
  return field(prop, value, (next) => store.setProp(block.id, prop.key, next, typing), message);
}

function field(prop, value, save, message) {
  const id = `lf-prop-${prop.key}`;
  if (prop.kind === "bool") return switchField(id, prop, value, save);
  const control = CONTROLS[prop.kind] ?? CONTROLS.text;
  const made = control(prop, value, save);
  made.id = id;
  if (message) made.setAttribute("aria-invalid", "true");
  return el("div", { className: "lf-field" }, el("label", { className: "lf-label", htmlFor: id }, prop.label), made, help(prop.help), error(message));
}

const help = (text) => (text ? el("p", { className: "lf-help-text" }, text) : null);
const error = (text) => (text ? el("p", { className: "lf-error" }, icon("alert-circle"), text) : null);

const input = (type) => (prop, value, save) => el("input", {
  type, className: "lf-input", value: value ?? "", placeholder: prop.placeholder, maxLength: type === "number" ? undefined : prop.max_length,
  step: type === "number" ? "any" : undefined, autocomplete: "off",
  oninput: (event) => save(type === "number" ? numberOf(event.target.value) : event.target.value),
});
const numberOf = (text) => (text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text));

const CONTROLS = {
  text: input("text"),
  name: input("text"),
  url: input("url"),
  number: input("number"),
  long_text: (prop, value, save) => el("textarea", { className: "lf-input", rows: 3, maxLength: prop.max_length, value: value ?? "", placeholder: prop.placeholder, oninput: (event) => save(event.target.value) }),
  choice: (prop, value, save) => el("select", { className: "lf-input form-select", onchange: (event) => save(event.target.value) }, prop.choices.map(([key, label]) => el("option", { value: key, selected: key === value }, label))),
};

function switchField(id, prop, value, save) {
  const box = el("input", { type: "checkbox", id, role: "switch", className: "form-check-input", checked: Boolean(value), onchange: (event) => save(event.target.checked) });
  return el("div", { className: "lf-bk-switch lf-switch" }, el("label", { htmlFor: id }, prop.label), box);
}

// --- a formula: its text, and what it may use, put in by a click ----------------------------------------

const FUNCTIONS = ["if( , , )", "round( , 2)", "min( , )", "max( , )", "sum( , )", "band( , 0, , 10, )", "lookup( , \"\", )", "points( )", "count( )", "has( , \"\")", "days( , today())"];

function formulaField(store, block, prop, value, message) {
  const id = `lf-prop-${prop.key}`;
  const save = (next) => store.setProp(block.id, prop.key, next, true);
  const made = el("textarea", { className: "lf-input lf-bk-formula", id, rows: 3, maxLength: prop.max_length, value: value ?? "", spellcheck: false, oninput: (event) => save(event.target.value) });
  if (message) made.setAttribute("aria-invalid", "true");
  const put = (text) => {
    made.setRangeText(text, made.selectionStart, made.selectionEnd, "end");
    save(made.value);
    made.focus();
  };
  const chip = (text, title) => el("button", { type: "button", className: "lf-bk-chip", title, onclick: () => put(text) }, text);
  const above = store.askable(block.id).map((one) => chip(one.name, one.label));
  return el("div", { className: "lf-field" }, el("label", { className: "lf-label", htmlFor: id }, prop.label), made, error(message),
    el("p", { className: "lf-help-text" }, say(above.length ? "formula_names" : "formula_nothing")), el("div", { className: "lf-bk-chips" }, above),
    el("p", { className: "lf-help-text" }, say("formula_functions")), el("div", { className: "lf-bk-chips" }, FUNCTIONS.map((text) => chip(text))));
}

// --- a list of answers ----------------------------------------------------------------------------

function optionsField(store, block, prop, value, message) {
  const rows = value ?? [];
  const save = (next, typing) => store.setProp(block.id, prop.key, next, typing);
  const list = el("div", { className: "lf-bk-options" }, rows.map((row, at) => optionRow(store, block, rows, row, at, save)));
  window.Sortable.create(list, { handle: ".lf-bk-grip", animation: 120, onUpdate: (event) => save(reordered(rows, event.oldIndex, event.newIndex)) });
  const add = () => {
    save([...rows, { value: freeValue(rows, "answer"), label: "" }]);
    document.querySelector(".lf-bk-options > :last-child input")?.focus();
  };
  return el("div", { className: "lf-field" }, el("span", { className: "lf-label" }, prop.label), list, el("button", { type: "button", className: "lf-bk-link", onclick: add }, say("add_answer")), error(message));
}

// An answer's value is made from its words while it is new, and stays once it has been one.
function optionRow(store, block, rows, row, at, save) {
  const write = (event) => {
    const label = event.target.value;
    const current = store.find(block.id).block.props.options;
    const isNew = /^answer(_\d+)?$/.test(current[at].value) || current[at].value === slug(current[at].label);
    const others = current.filter((_one, n) => n !== at);
    const value = isNew && slug(label) ? freeValue(others, slug(label)) : current[at].value;
    save(current.map((one, n) => (n === at ? { ...one, value, label } : one)), true);
  };
  return el("div", { className: "lf-bk-option" },
    el("span", { className: "lf-bk-grip", "aria-hidden": "true" }, icon("grip-vertical")),
    el("input", { type: "text", className: "lf-input", value: row.label, maxLength: 200, "aria-label": say("label_answer", { n: at + 1 }), oninput: write, onkeydown: (event) => moveByKey(event, rows, at, save) }),
    block.props.has_points ? el("input", { type: "number", step: "any", className: "lf-input lf-bk-points", value: row.points ?? "", "aria-label": say("points_of", { n: at + 1 }), placeholder: "0", oninput: (event) => save(store.find(block.id).block.props.options.map((one, n) => (n === at ? { ...one, points: numberOf(event.target.value) } : one)), true) }) : null,
    tool("x", say("remove"), () => save(rows.filter((_one, n) => n !== at))),
  );
}

function moveByKey(event, rows, at, save) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!event.altKey || !step || !rows[at + step]) return;
  event.preventDefault();
  save(reordered(rows, at, at + step));
  document.querySelectorAll(".lf-bk-options input")[at + step]?.focus();
}

function reordered(rows, from, to) {
  const next = [...rows];
  const [row] = next.splice(from, 1);
  next.splice(to, 0, row);
  return next;
}

function freeValue(rows, wish) {
  const taken = new Set(rows.map((row) => row.value));
  if (!taken.has(wish)) return wish;
  for (let n = 2; ; n += 1) if (!taken.has(`${wish}_${n}`)) return `${wish}_${n}`;
}
