// The document as people see it while they build: blocks that are selected, moved and dragged.
import { answerWords } from "./answer.js";
import { el, icon, say, tool } from "./dom.js";
import { sentence } from "./rule.js";
import { PAGE_DRAWINGS } from "./page.js";

export function drawCanvas(root, store, act) {
  const canvas = root.querySelector("[data-canvas]");
  const redraw = () => {
    const focused = canvas.contains(document.activeElement) ? document.activeElement.closest("[data-id]")?.dataset.id : null;
    canvas.replaceChildren(...pages(store, act));
    if (focused) canvas.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
    if (act.canEdit) makeSortable(canvas, store, act);
  };
  store.addEventListener("change", redraw);
  store.addEventListener("problems", redraw);
  store.addEventListener("select", () => markSelected(canvas, store, act));
  canvas.addEventListener("keydown", (event) => onKey(event, store, act));
  redraw();
  markSelected(canvas, store, act);
}

function pages(store, act) {
  const all = store.content.pages;
  const drawn = all.map((page, at) => el("section", { className: "lf-bk-page", "aria-label": say("page_of", { n: at + 1, all: all.length }) },
    pageHead(store, page, at, all.length, act),
    el("ol", { className: "lf-bk-list", data: { page: at } }, page.blocks.map((block) => item(store, block, act))),
    page.blocks.length ? null : el("p", { className: "lf-bk-empty" }, say("empty_page")),
    act.canEdit ? el("p", { className: "lf-bk-drop", "aria-hidden": "true" }, icon("plus"), say("drop_here")) : null,
    pageFoot(store, page),
    at === all.length - 1 ? el("div", { className: "lf-bk-submit" }, store.content.settings.submit_label ?? "") : null,
  ));
  return [...drawn, ending(store)].filter(Boolean);
}

function pageHead(store, page, at, count, act) {
  if (count < 2) return null;
  const name = [say("page_of", { n: at + 1, all: count }), page.title].filter(Boolean).join(": ");
  const head = el("div", { className: "lf-bk-pagehead" },
    el("button", { type: "button", className: "lf-bk-pagename", data: { pageId: page.id }, "aria-pressed": String(store.selected === page.id), "aria-label": `${say("select_page", { n: at + 1 })}: ${name}`, onclick: () => store.select(page.id) }, icon("settings"), name));
  if (act.canEdit) head.append(tool("trash", say("delete_page"), () => store.removePage(at)));
  const show = page.props?.show_when;
  const wrong = trouble(act, page);
  return el("div", {}, head, show ? el("p", { className: "lf-bk-rule" }, icon("git-fork"), el("span", {}, `${say("shown_when")} `, sentence(show, store.askable(page.id)))) : null, wrong);
}

function pageFoot(store, page) {
  const jumps = page.props?.jumps ?? [];
  return jumps.length ? el("div", {}, jumps.map((row) => el("p", { className: "lf-bk-rule" }, icon("corner-down-right"), el("span", {}, `${say("goes_on", { page: pageName(store, row.to) })} `, row.when ? sentence(row.when, store.askable(page.id, true)) : "…")))) : null;
}

function pageName(store, id) {
  const found = store.page(id);
  return found ? found.page.title || say("page_n", { n: found.at + 1 }) : say("the_end");
}

// What comes after the last page; a way to the settings of the whole form too.
function ending(store) {
  const { endings } = store.content.settings;
  if (!endings) return null;
  const more = endings.length ? `, ${say("ending_more", { n: endings.length })}` : "";
  return el("button", { type: "button", className: "lf-bk-ending", onclick: () => store.select(null) }, el("b", {}, say("ending")), el("span", {}, say("ending_none") + more), icon("chevron-right"));
}

function item(store, block, act) {
  const kind = store.kind(block);
  const selected = block.id === store.selected;
  const label = `${kind.label}: ${store.title(block)}, ${say("block_of", { n: store.place(block.id), all: store.all().length })}`;
  const body = el("div", { className: "lf-bk-body", tabIndex: 0, role: "button", "aria-label": label, "aria-pressed": String(selected), data: { id: block.id } }, drawing(kind, block), rule(store, block), trouble(act, block));
  body.addEventListener("click", () => store.select(block.id));
  body.addEventListener("focus", () => store.select(block.id));
  const made = el("li", { className: "lf-bk-item", data: { block: block.id } }, body);
  if (selected) made.classList.add("is-selected");
  if (block.props.show_when) made.classList.add("is-conditional");
  if (act.canEdit) made.prepend(el("span", { className: "lf-bk-grip", "aria-hidden": "true", title: say("drag", { block: kind.label }) }, icon("grip-vertical")));
  if (selected && act.canEdit) made.append(tools(store, block, kind, act));
  return made;
}

function tools(store, block, kind, act) {
  return el("div", { className: "lf-bk-tools", role: "toolbar", "aria-label": kind.label },
    el("span", {}, kind.label),
    tool("arrow-up", say("up"), () => act.nudge(block.id, -1)),
    tool("arrow-down", say("down"), () => act.nudge(block.id, 1)),
    tool("copy", say("copy"), () => act.copy(block.id), kind.once),
    tool("trash", say("delete"), () => act.remove(block.id)),
  );
}

function rule(store, block) {
  const { show_when: show, require_when: require, cases = [], sets = [] } = block.props;
  const asked = store.askable(block.id);
  const line = (words, when) => el("p", { className: "lf-bk-rule" }, icon("git-fork"), el("span", {}, `${words} `, when ? sentence(when, asked) : "…"));
  const lines = [show && line(say("shown_when"), show), require && line(say("required_when"), require), ...cases.map((row) => line(say("set_to", { value: row.value || "…" }), row.when)), ...sets.map((row) => line(say("set_to", { value: answerWords(block, row.value) || "…" }), row.when))];
  return lines.some(Boolean) ? el("div", {}, lines) : null;
}

function trouble(act, block) {
  const mine = act.problems().filter((one) => one.block === block.id);
  if (!mine.length) return null;
  return el("p", { className: "lf-error" }, icon("alert-circle"), mine.map((one) => one.message).join(" "));
}

// --- how each kind of block looks -----------------------------------------------------------------

function drawing(kind, block) {
  const { props } = block;
  const draw = DRAWINGS[kind.canvas] ?? DRAWINGS.input;
  return draw(props, kind);
}

function question(props, ...below) {
  const label = el("span", { className: "lf-bk-label" }, props.label || say("unfinished"));
  if (props.is_required) label.append(el("span", { className: "lf-bk-star", "aria-hidden": "true" }, " *"));
  return el("div", {}, label, ...below, props.help ? el("span", { className: "lf-bk-help" }, props.help) : null);
}

const box = (text, extra = "", after = "") => el("span", { className: `lf-bk-box ${extra}` }, el("span", {}, text || ""), after ? el("span", {}, after) : null);
const choices = (list) => el("span", { className: "lf-bk-choices" }, list.map((text) => el("span", {}, text)));

const steps = (props) => Array.from({ length: Number(props.highest) - Number(props.lowest) + 1 }, (_one, n) => Number(props.lowest) + n);

const DRAWINGS = {
  slots: (props) => question(props, choices(["09:00", "10:30", "14:00", "…"])),
  ...PAGE_DRAWINGS,
  input: (props) => question(props, box(props.placeholder, "", props.unit ?? props.currency)),
  textarea: (props) => question(props, box(props.placeholder, "lf-bk-tall")),
  select: (props) => question(props, box(props.options?.[0]?.label, "lf-bk-select")),
  choices: (props) => question(props, choices((props.options ?? []).map((one) => one.label || "…"))),
  yes_no: (props) => question(props, choices([say("yes"), say("no")])),
  file: (props) => question(props, el("span", { className: "lf-bk-hidden" }, icon("paperclip"), say("a_file"))),
  date: (props) => question(props, box(say("a_day"))),
  rating: (props) => question(props, el("span", { className: "lf-bk-stars", "aria-hidden": "true" }, "☆ ".repeat(Number(props.stars ?? 5)))),
  scale: (props) => question(props, el("span", { className: "lf-bk-steps" }, steps(props).map((n) => el("span", {}, String(n)))), el("span", { className: "lf-bk-ends" }, el("span", {}, props.low_words ?? ""), el("span", {}, props.high_words ?? ""))),
  occasion: (props, kind) => el("div", { className: "lf-bk-hidden" }, icon(kind.icon), el("span", {}, kind.props.find((one) => one.key === "occasion").choices.find(([key]) => key === props.occasion)?.[1] ?? kind.label)),
  offer: (props, kind) => el("div", { className: "lf-bk-hidden" }, icon(kind.icon), el("span", {}, kind.props.find((one) => one.key === "offer").choices.find(([key]) => key === props.offer)?.[1] ?? kind.label)),
  image: (props, kind) => el("div", { className: "lf-bk-hidden" }, props.image ? el("img", { src: `/i/${props.image}/thumb.webp`, alt: "", className: "lf-bk-thumb" }) : icon(kind.icon), el("span", {}, props.alt || kind.label), props.image ? null : el("code", {}, props.url || "…")),
  hidden: (props, kind) => el("div", { className: "lf-bk-hidden" }, icon(kind.icon), el("span", {}, props.label || kind.label), el("code", {}, props.value ?? `?${props.param ?? ""}=…`)),
  calculation: (props, kind) => el("div", { className: "lf-bk-hidden" }, icon(kind.icon), el("span", {}, props.label || kind.label), el("code", {}, `= ${props.formula || "…"}`)),
  heading: (props) => el("div", {}, el("span", { className: "lf-bk-heading" }, props.text || say("unfinished")), props.sub ? el("span", { className: "lf-bk-sub" }, props.sub) : null),
  text: (props) => el("div", { className: "lf-bk-text" }, props.text || say("unfinished")),
  consent: (props) => el("div", { className: "lf-bk-consent" }, el("span", { className: "lf-bk-check" }), el("span", {}, props.text || say("unfinished"))),
};

// --- moving ---------------------------------------------------------------------------------------

function markSelected(canvas, store, act) {
  for (const one of canvas.querySelectorAll("[data-page-id]")) one.setAttribute("aria-pressed", String(one.dataset.pageId === store.selected));
  for (const one of canvas.querySelectorAll(".lf-bk-item")) {
    const selected = one.dataset.block === store.selected;
    if (selected === one.classList.contains("is-selected")) continue;
    one.classList.toggle("is-selected", selected);
    one.querySelector("[data-id]").setAttribute("aria-pressed", String(selected));
    one.querySelector(".lf-bk-tools")?.remove();
    if (!selected || !act.canEdit) continue;
    const { block } = store.find(store.selected);
    one.append(tools(store, block, store.kind(block), act));
  }
}

function onKey(event, store, act) {
  const id = event.target.closest("[data-id]")?.dataset.id;
  if (!id || !act.canEdit) return;
  const moves = { ArrowUp: -1, ArrowDown: 1 };
  if (event.altKey && event.key in moves) act.nudge(id, moves[event.key]);
  else if (event.key in moves) focusNext(event.target, moves[event.key]);
  else if (event.key === "Delete" || event.key === "Backspace") act.remove(id);
  else if (event.key === "Enter" || event.key === " ") act.edit(id);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function focusNext(from, step) {
  const all = [...document.querySelectorAll("[data-canvas] [data-id]")];
  all[all.indexOf(from) + step]?.focus();
}

function makeSortable(canvas, store, act) {
  for (const list of canvas.querySelectorAll(".lf-bk-list")) {
    window.Sortable.create(list, {
      group: { name: "blocks", pull: true, put: true },
      handle: ".lf-bk-grip", draggable: ".lf-bk-item", animation: 120, ghostClass: "lf-bk-ghost",
      onAdd: (event) => dropped(event, store, act),
      onUpdate: (event) => dropped(event, store, act),
    });
  }
}

// SortableJS has moved the element; the document decides, and the canvas is drawn from it.
function dropped(event, store, act) {
  const pageAt = Number(event.to.dataset.page);
  const { starter } = event.item.dataset;
  const at = event.newDraggableIndex ?? event.newIndex;
  if (starter) {
    event.item.remove();
    act.add(store.set.palette.find((one) => one.key === starter), pageAt, at);
  } else {
    store.moveTo(event.item.dataset.block, pageAt, at);
  }
}

export function makePaletteDraggable(root) {
  for (const tiles of root.querySelectorAll(".lf-bk-tiles")) {
    window.Sortable.create(tiles, {
      group: { name: "blocks", pull: "clone", put: false },
      // a finger that does not rest scrolls the palette
      delay: 160, delayOnTouchOnly: true, touchStartThreshold: 5,
      sort: false, draggable: ".lf-bk-tile:not(.lf-bk-fixed):not(:disabled)", animation: 120, ghostClass: "lf-bk-ghost",
    });
  }
}
