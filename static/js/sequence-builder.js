// The builder of a sequence: the server draws the tree and keeps each edit; here are the keys, the menu at
// a plus, and the focus put back where it was. Beside it stand saving what is typed, moving and copying steps,
// and how they are looked at. Without this the page works by its links and buttons.
import { canEdit, cards, drawn, isPhone, send, takeWanted, tree, urlOf, wantFocus, work } from "./sequence-dom.js";
import { act, openStepMenu, place as put, startMoving } from "./sequence-moving.js";
import { isDirty, saveNow, settle, startSaving, watch } from "./sequence-saving.js";
import { firstCard, startLooking } from "./sequence-view.js";

const menu = () => document.getElementById("lf-flow-menu");
let place = [0, 0];

// --- keys on the steps ------------------------------------------------------------------------------

const ARROWS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };
const LETTERS = { a: (card) => openMenu(plusAfter(card)), m: openStepMenu };

function onTreeKey(event) {
  const card = event.target.closest?.("[data-step]");
  if (!card || event.ctrlKey || event.metaKey) return;
  const to = ARROWS[event.key];
  const letter = LETTERS[event.key.toLowerCase()];
  if (to && event.altKey && canEdit()) press(card, to);
  else if (to) go(card, to);
  else if (event.key === "Delete" && canEdit()) act(card, "away");
  else if (letter && canEdit() && !event.altKey) letter(card);
  else if (event.key === "Enter") return wantFocus("pane");
  else return undefined;
  event.preventDefault();
  event.stopPropagation();
  return undefined;
}

function go(card, to) {
  const all = cards();
  if (to === "up" || to === "down") {
    all[all.indexOf(card) + (to === "down" ? 1 : -1)]?.focus();
    return;
  }
  const way = card.closest(".lf-path");
  const beside = to === "right" ? way?.nextElementSibling : way?.previousElementSibling;
  const inside = to === "right" ? card.closest("li").querySelector(":scope > .lf-paths [data-step]") : null;
  const outside = to === "left" && way ? way.closest("li").querySelector("[data-step]") : null;
  (inside ?? beside?.querySelector?.("[data-step]") ?? outside)?.focus();
}

function press(card, to) {
  wantFocus("card");
  send(urlOf(card, "move/"), { to });
}

// --- the palette at a plus ----------------------------------------------------------------------------

function plusAfter(card) {
  const step = card.closest("li");
  return step.querySelector(":scope > .lf-gap .lf-gap-plus") ?? step.querySelector(".lf-gap-plus");
}

function openMenu(plus) {
  const panel = menu();
  if (!plus || !panel?.showPopover) return false;
  panel.querySelector("[name=place]").value = plus.dataset.add;
  panel.showPopover();
  if (!isPhone()) put(panel, plus.getBoundingClientRect());
  panel.querySelector("button").focus();
  return true;
}

function onClick(event) {
  const plus = event.target.closest("[data-add]");
  if (plus && openMenu(plus)) event.preventDefault();
  if (event.target.closest(".lf-flow-palette button")) wantFocus("pane");
  const acts = event.target.closest("#lf-step-acts button, .lf-tree-acts button, [data-history] button");
  if (acts && !(isPhone() && acts.closest("#lf-flow-pane"))) wantFocus("card");
}

function onMenuKey(event) {
  const panel = event.target.closest?.("#lf-flow-menu, #lf-step-menu, .lf-flow-palette");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!panel || !step) return;
  const items = [...panel.querySelectorAll("button:not([disabled])")];
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  event.preventDefault();
}

// --- undo, and where the focus goes --------------------------------------------------------------------

function onUndoKey(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  const to = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : "";
  if (!to || event.target.matches?.("input, textarea, select")) return;
  const button = document.querySelector(`[data-history] [value=${to}]:not([disabled])`);
  if (!button) return;
  event.preventDefault();
  wantFocus("card");
  button.click();
}

// Styles that SortableJS left are taken off, since htmx would copy them as attributes, which the content security
// policy refuses.
function beforeSwap(event) {
  if (event.target.id !== "lf-flow-work") return;
  place = [tree().scrollTop, tree().scrollLeft];
  for (const one of work().querySelectorAll("[style]")) one.removeAttribute("style");
}

function afterSwap(event) {
  if (event.target.id !== "lf-flow-work" && event.detail.target?.id !== "lf-flow-work") return;
  drawn();
  [tree().scrollTop, tree().scrollLeft] = place;
  watch();
  const wanted = takeWanted();
  // on a phone what is done in the list leaves the list in sight
  if (wanted === "card" && isPhone()) work().classList.add("has-list");
  if (wanted === "pane") focusPane();
  else if (wanted === "card") firstCard().focus();
  else if (isPhone() && work().matches(".has-pane:not(.has-list)")) scrollTo(0, 0);
}

function focusPane() {
  const pane = document.getElementById("lf-flow-pane");
  const first = pane.querySelector("form :is(input, select, textarea):not([type=hidden])");
  (first ?? pane.querySelector("[data-pane-title]"))?.focus();
}

function onEscape(event) {
  const pane = event.target.closest?.("#lf-flow-pane");
  if (event.key !== "Escape" || !pane || event.defaultPrevented) return;
  if (isPhone()) pane.querySelector("[data-close-pane]")?.click();
  else tree().querySelector("[aria-current][data-step]")?.focus();
}

// htmx sends what the page last knew of the document, not what a form was drawn with.
function onConfig(event) {
  const seen = document.querySelector("[data-seen]")?.value;
  if (seen && event.detail.verb === "post" && event.detail.path.includes("/sequences/")) event.detail.parameters.set?.("revision", seen);
  settle();
  if (event.target.closest("#lf-flow-menu")) menu().hidePopover(); // not sooner: htmx forgets the button that loses the focus
}

// What was typed is kept before anything else is done with the steps.
function onConfirm(event) {
  if (!isDirty()) return;
  event.preventDefault();
  saveNow().then(() => event.detail.issueRequest());
}

if (work()) {
  startLooking();
  startSaving();
  startMoving();
  document.addEventListener("keydown", onTreeKey);
  document.addEventListener("keydown", onMenuKey);
  document.addEventListener("keydown", onUndoKey);
  document.addEventListener("keydown", onEscape);
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:confirm", onConfirm);
  document.addEventListener("htmx:configRequest", onConfig);
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  document.addEventListener("htmx:afterSettle", afterSwap);
}
