// Steps are dragged onto the line between two others, from the palette too; copied, cut and put in by keys and
// by the menu of each step. Whatever can be dragged can be moved by Alt with an arrow, and by "Move there".
import { canEdit, cards, isPhone, send, tree, urlOf, wantFocus, work } from "./sequence-dom.js";

const DOES = { copy: ["keep/", "copy"], "copy-rest": ["keep/", "copy-rest"], cut: ["keep/", "cut"], "cut-rest": ["keep/", "cut-rest"], double: ["move/", "copy"], away: ["move/", "away"], up: ["move/", "up"], down: ["move/", "down"] };
const menu = () => document.getElementById("lf-step-menu");

// --- dragging --------------------------------------------------------------------------------------------

function makeSortable() {
  if (!canEdit() || !window.Sortable) return;
  const shared = { sort: false, animation: 0, delay: 160, delayOnTouchOnly: true, touchStartThreshold: 5, emptyInsertThreshold: 16, onStart: onHold, onEnd: onRelease };
  const from = { name: "steps", pull: "clone", put: false };
  for (const row of tree().querySelectorAll(".lf-tree-row")) window.Sortable.create(row, { ...shared, draggable: "[data-step]", group: from });
  for (const some of work().querySelectorAll(".lf-flow-dock [role=group]")) window.Sortable.create(some, { ...shared, draggable: "[name=type]", group: from });
  const onto = { name: "steps", pull: false, put: fits };
  for (const gap of tree().querySelectorAll("[data-place]")) window.Sortable.create(gap, { ...shared, draggable: "[data-step], [name=type]", group: onto, onAdd: onDrop });
}

// A step does not go into itself.
const fits = (to, from) => !from.el.closest(".lf-tree-step")?.contains(to.el);

function onHold(event) {
  const own = event.from.closest(".lf-tree-step");
  for (const gap of tree().querySelectorAll("[data-place]")) gap.toggleAttribute("data-barred", Boolean(own?.contains(gap)));
  own?.classList.add("is-held");
  document.documentElement.classList.add("lf-dragging");
}

function onRelease(event) {
  document.documentElement.classList.remove("lf-dragging");
  event.from.closest(".lf-tree-step")?.classList.remove("is-held");
}

// SortableJS has moved the box; it goes back, and the server draws what the steps are now. One that is let go
// far from every line stays where it was.
function onDrop(event) {
  const { item, clone, to } = event;
  onRelease(event);
  clone.replaceWith(item);
  if (isFar(event.originalEvent, to.getBoundingClientRect())) return;
  if (item.dataset.step) {
    wantFocus("card");
    send(urlOf(item, "move/"), { to: to.dataset.place });
  } else {
    wantFocus("pane");
    send(work().dataset.addUrl, { type: item.value, place: to.dataset.place });
  }
}

const NEAR = 40;

function isFar(released, box) {
  const { clientX: x, clientY: y } = released.changedTouches?.[0] ?? released;
  return x < box.left - NEAR || x > box.right + NEAR || y < box.top - NEAR || y > box.bottom + NEAR;
}

// --- copy, cut, put in -----------------------------------------------------------------------------------

export function act(card, what) {
  if (what === "paste") return paste(card.dataset.after);
  const [verb, to] = DOES[what];
  wantFocus("card");
  return send(urlOf(card, verb), { to });
}

function paste(place) {
  wantFocus("card");
  return send(work().dataset.pasteUrl, { place });
}

const KEYS = { c: "copy", x: "cut", v: "paste", d: "double" };

function onKey(event) {
  const what = KEYS[event.key.toLowerCase()];
  if (!what || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !canEdit()) return;
  const card = event.target.closest?.("[data-step]");
  const gap = event.target.closest?.("[data-add]");
  if (what === "copy" && String(getSelection())) return; // words are copied as words
  if (card) act(card, what);
  else if (what === "paste" && gap) paste(gap.dataset.add);
  else if (what === "paste" && event.target === tree()) paste("");
  else return;
  event.preventDefault();
}

// --- the menu of a step ------------------------------------------------------------------------------------

let about = ""; // the step that the open menu is about

export function openStepMenu(card) {
  const panel = menu();
  const opener = card?.parentElement.querySelector("[data-more]");
  if (!opener || !panel?.showPopover) return;
  about = card.dataset.step;
  panel.showPopover();
  const box = opener.getBoundingClientRect();
  if (!isPhone()) place(panel, box);
  panel.querySelector("button:not([disabled])").focus();
}

export function place(panel, box) {
  const room = { width: innerWidth - panel.offsetWidth - 16, height: innerHeight - panel.offsetHeight - 16 };
  panel.style.left = `${Math.max(16, Math.min(box.left + box.width / 2 - panel.offsetWidth / 2, room.width))}px`;
  panel.style.top = `${Math.max(16, Math.min(box.bottom + 4, room.height))}px`;
}

function onClick(event) {
  const opener = event.target.closest("[data-more]");
  if (opener) return openStepMenu(opener.parentElement.querySelector("[data-step]"));
  const button = event.target.closest("#lf-step-menu [data-do]");
  if (!button) return undefined;
  menu().hidePopover();
  const card = cards().find((one) => one.dataset.step === about);
  return card && act(card, button.dataset.do);
}

// Esc gives the focus back to the step that the menu was about.
function onToggle(event) {
  if (event.target === menu() && event.newState === "closed" && menu().contains(document.activeElement)) cards().find((one) => one.dataset.step === about)?.focus();
}

// --- --------------------------------------------------------------------------------------------------------

export function startMoving() {
  makeSortable();
  document.addEventListener("lf:flow-drawn", makeSortable);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  menu()?.addEventListener("beforetoggle", onToggle);
  // a finger that rests on a step holds it; it does not open the menu of the browser for links
  document.addEventListener("contextmenu", (event) => {
    if (event.pointerType === "touch" && event.target.closest?.(".lf-flow [data-step]")) event.preventDefault();
  });
}
