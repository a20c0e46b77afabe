// The panel on the right: the properties of the selected block, or of the whole document.
import { answerField } from "./answer.js";
import { el, icon, say, slug, tool } from "./dom.js";
import { imageField } from "./images.js";
import { mergePicker } from "./merges.js";
import { rowsField } from "./rows.js";
import { ruleEditor } from "./rule.js";

export function drawProperties(root, store, act) {
  const panel = root.querySelector("[data-properties]");
  let shownFor;
  const controls = () => [...panel.querySelectorAll("input, select, textarea, button, summary")];
  const redraw = () => {
    const focused = controls().indexOf(document.activeElement);
    const open = shownFor === store.selected ? [...panel.querySelectorAll("details")].map((one) => one.open) : [];
    shownFor = store.selected;
    const here = store.find(store.selected);
    const page = store.page(store.selected);
    panel.replaceChildren(...(here ? blockPanel(store, here.block, act) : page ? pagePanel(store, page, act) : formPanel(store, act)));
    panel.querySelectorAll("details").forEach((one, at) => { one.open ||= Boolean(open[at]); });
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
  const { settings } = store.content;
  const about = { askable: store.askable(), now: (key) => store.content.settings[key] };
  const draw = (prop) => anyField(prop, settings[prop.key], (value, typing) => store.setSetting(prop.key, value, typing ?? isTyped(prop)), { ...about, message: problemOf(act, `settings.${prop.key}`) });
  return [head, el("p", { className: "lf-bk-note" }, say("none_selected")), ...inSections(store, store.set.settings, draw)];
}

function blockPanel(store, block, act) {
  const kind = store.kind(block);
  const head = panelHead(kind.label, say("block_of", { n: store.place(block.id), all: store.all().length }));
  const about = { askable: store.askable(block.id), now: (key) => store.find(block.id).block.props[key], store, block };
  const set = (prop) => (value, typing) => {
    store.setProp(block.id, prop.key, value, typing ?? isTyped(prop));
    const name = prop.key === "label" && document.getElementById("lf-prop-name");
    if (name) name.value = store.find(block.id).block.props.name;
  };
  const draw = (prop) => anyField(prop, block.props[prop.key], set(prop), { ...about, message: problemAt(act, block.id, prop.key) });
  const words = kind.about ? el("p", { className: "lf-bk-note" }, kind.about) : null;
  return [head, words, ...inSections(store, kind.props, draw)].filter(Boolean);
}

function pagePanel(store, { page, at }, act) {
  const head = panelHead(say("page_n", { n: at + 1 }), say("page_of", { n: at + 1, all: store.content.pages.length }));
  const title = { key: "title", kind: "text", label: say("page_title"), help: say("page_title_help"), max_length: 200 };
  const pages = [...store.content.pages.entries()].slice(at + 1).map(([n, one]) => [one.id, one.title || say("page_n", { n: n + 1 })]);
  const about = { pages: [...pages, ["end", say("the_end")]], now: (key) => store.page(page.id).page.props[key] };
  const draw = (prop) => anyField(prop, page.props[prop.key], (value, typing) => store.setPage(page.id, prop.key, value, typing ?? isTyped(prop)), { ...about, askable: store.askable(page.id, prop.key === "jumps"), message: problemAt(act, page.id, prop.key) });
  return [head, field(title, page.title, (value) => store.setPage(page.id, "title", value, true)), ...inSections(store, store.set.page_props, draw)];
}

function inSections(store, props, draw) {
  const sections = store.set.sections.map(([key, label]) => section(key, label, props.filter((prop) => prop.section === key).map(draw)));
  return [...props.filter((prop) => !prop.section).map(draw), ...sections.filter(Boolean)];
}

const isTyped = (prop) => ["text", "long_text", "rich_text", "formula", "name", "url", "number"].includes(prop.kind);

function panelHead(title, note) {
  return el("div", { className: "lf-bk-panelhead" }, el("h2", {}, title), el("span", {}, note));
}

function section(key, label, fields, open = false) {
  if (!fields.length) return null;
  if (key === "logic") return el("section", { className: "lf-bk-section" }, el("h3", {}, label), fields);
  return el("details", { className: "lf-bk-section", open }, el("summary", {}, label), fields);
}

function problemOf(act, path) {
  return act.problems().find((one) => one.path === path || (one.block && one.path.endsWith(path)))?.message;
}

function problemAt(act, id, key) {
  return act.problems().find((one) => one.block === id && one.path.endsWith(`.${key}`))?.message;
}

// `about`: what a rule of this place may ask, the pages ahead, the value as it is now, and the block.
function anyField(prop, value, save, about) {
  const { message, suffix = "", askable = [], pages = [], store, block, now } = about;
  if (prop.kind === "rows") {
    const inRow = (one, cell, write, wrong, place) => anyField(one, cell, write, { askable, pages, message: wrong, suffix: `-${prop.key}${place}`, block });
    return rowsField(prop, value ?? [], { save, now: () => now(prop.key) ?? [], field: inRow, message });
  }
  if (prop.kind === "condition") {
    const empty = prop.key === "show_when" ? say("logic_always") : say("logic_never");
    return el("div", { className: "lf-field" }, ruleEditor(prop.label, value, askable, save, empty), help(prop.help), error(message));
  }
  if (prop.kind === "page") return field({ ...prop, kind: "choice", choices: pages }, value, save, message, suffix);
  if (prop.kind === "answer") return answerField(prop, value, save, { block, id: `lf-prop-${prop.key}${suffix}` });
  if (prop.kind === "options") return optionsField(store, block, prop, value, message);
  if (prop.kind === "rich_text") return richField(store, block, prop, value, message);
  if (prop.kind === "formula") return formulaField(store, block, prop, value, message);
  return field(prop, value, save, message, suffix);
}

function field(prop, value, save, message, suffix = "") {
  const id = `lf-prop-${prop.key}${suffix}`;
  if (prop.kind === "bool") return switchField(id, prop, value, save);
  if (prop.kind === "image") return imageField(id, prop, value, save, message);
  const control = CONTROLS[prop.kind] ?? CONTROLS.text;
  const made = control(prop, value, save);
  made.id = id;
  if (message) made.setAttribute("aria-invalid", "true");
  return el("div", { className: "lf-field" }, el("label", { className: "lf-label", htmlFor: id }, prop.label), made, mergePicker(prop, made, save), help(prop.help), error(message));
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

// --- text with marks: the marks stand in it, the buttons put them there ------------------------------------

const MARKS = [["bold", "**", "**"], ["italic", "*", "*"], ["link", "[", "](https://)"], ["list", "\n- ", ""]];

function richField(store, block, prop, value, message) {
  const id = `lf-prop-${prop.key}`;
  const save = (next) => store.setProp(block.id, prop.key, next, true);
  const made = el("textarea", { className: "lf-input", id, rows: 6, maxLength: prop.max_length, value: value ?? "", oninput: (event) => save(event.target.value) });
  if (message) made.setAttribute("aria-invalid", "true");
  const around = (before, after) => {
    const [from, to] = [made.selectionStart, made.selectionEnd];
    made.setRangeText(before + made.value.slice(from, to) + after, from, to, "end");
    made.setSelectionRange(from + before.length, to + before.length);
    save(made.value);
    made.focus();
  };
  const buttons = MARKS.map(([key, before, after]) => tool(key, say(`mark_${key}`), () => around(before, after)));
  return el("div", { className: "lf-field" }, el("label", { className: "lf-label", htmlFor: id }, prop.label),
    el("div", { className: "lf-bk-marks", role: "toolbar", "aria-label": say("marks") }, buttons), made, mergePicker(prop, made, save), help(prop.help), error(message));
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
