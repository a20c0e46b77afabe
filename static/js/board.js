// The kanban: drag by mouse and touch, Alt with arrows, a "Move to" menu; live by polling a revision.
// Markup: templates/web/board.html and board_tools.html. The server's answer to a move is 204 with a toast,
// or 409 with a strip; then the board is read again, so what is shown is always what is stored.
import { allCards, askAhead, cardsOf, find, grown, keep, look, start as startWindow } from "./board-window.js";

const PAGE = 50;
const ASKED = 202; // nothing moved yet: the stage asks something first

let busy = false; // while a card is held or a move is on its way, the board under it is not replaced
let held = null; // the card that the open menu is about
let tab = "";
const picked = new Set(); // the keys of the cards that move together
let lastPicked = ""; // where a range with Shift begins
let asked = ""; // the card that an open question is about; it has the focus again afterwards

const board = () => document.getElementById("lf-board");
const live = () => document.getElementById("lf-board-live");
const lists = () => [...board().querySelectorAll("[data-cards]")];
const canMove = () => board().hasAttribute("data-movable");
const movable = (card) => canMove() && card.dataset.move !== ""; // a card without the door stays where it is
const isOrdered = () => board().hasAttribute("data-ordered");

function start() {
  makeSortable();
  showPicked();
  showTab(tab || (lists().find((list) => list.querySelector("[data-card]")) ?? lists()[0])?.dataset.cards);
  startWindow();
}

function makeSortable() {
  if (!canMove()) return;
  const put = (to, from) => Boolean(to.el.dataset.zone) || takes(columnOf(to.el), columnOf(from.el));
  const shared = { group: { name: "cards", put }, draggable: "[data-card]", animation: 120, delay: 160, delayOnTouchOnly: true, touchStartThreshold: 5, filter: '[data-card][data-move=""], [data-move-menu], [data-card-edit], [data-card-form]', preventOnFilter: false };
  lists().forEach((list) => window.Sortable.create(list, { ...shared, onStart: onHold, onEnd: onDrop }));
  board().querySelectorAll("[data-zone]").forEach((zone) => window.Sortable.create(zone, { ...shared, sort: false }));
}

// A column that says from where it takes cards refuses the others, before they are dropped.
const takes = (to, from) => to === from || !("takes" in to.dataset) || to.dataset.takes.split(" ").includes(from.dataset.column);
const columnOf = (list) => list.closest("[data-column]");

function onHold(event) {
  const from = columnOf(event.from);
  board().querySelectorAll("[data-column]").forEach((to) => to.toggleAttribute("data-barred", !takes(to, from)));
  busy = true;
  document.documentElement.classList.add("lf-dragging");
}

function onDrop(event) {
  document.documentElement.classList.remove("lf-dragging");
  busy = false;
  const { item: card, from, to, oldDraggableIndex } = event;
  if (to.dataset.zone) {
    from.insertBefore(card, from.querySelectorAll("[data-card]")[oldDraggableIndex] ?? from.querySelector(".lf-col-more"));
    return ask(card, to.dataset.zone);
  }
  if (from === to && (event.newDraggableIndex === oldDraggableIndex || !isOrdered())) {
    if (!isOrdered() && event.newDraggableIndex !== oldDraggableIndex) {
      say(live().dataset.sorted);
      read(true);
    }
    return undefined;
  }
  return send(card, to);
}

async function send(card, list) {
  busy = true;
  const cards = cardsOf(list);
  const place = cards.indexOf(card);
  const values = {
    column: list.dataset.cards,
    above: cards[place - 1]?.dataset.card ?? "",
    below: cards[place + 1]?.dataset.card ?? "",
    version: card.dataset.version,
  };
  const name = card.querySelector(".lf-bcard-name").textContent;
  let status = 0;
  const seen = (event) => { if (event.detail.pathInfo.requestPath === card.dataset.move) status = event.detail.xhr.status; };
  document.addEventListener("htmx:afterRequest", seen);
  try {
    await window.htmx.ajax("POST", card.dataset.move, { source: card, target: card, swap: "none", values });
  } finally {
    document.removeEventListener("htmx:afterRequest", seen);
    busy = false;
  }
  const column = list.closest("[data-column]").dataset.name;
  const moved = status === 204;
  if (status === ASKED) asked = card.dataset.card;
  if (moved) say(fill(live().dataset.moved, { name, column, place: place + 1, count: cards.length }));
  else say(status === ASKED ? live().dataset.asked : live().dataset.refused);
  await read(true, card.dataset.card);
}

function ask(card, verb) {
  asked = card.dataset.card;
  askAt(card.dataset.move.replace(/move\/$/, `${verb}`));
}

function askAt(url) {
  window.htmx.ajax("GET", url, { source: "#lf-board-dialog-body", target: "#lf-board-dialog-body" })
    .then(() => { if (document.querySelector("#lf-board-dialog-body form")) window.leadflow.openDialog("lf-board-dialog"); });
}

// --- What the server says now ------------------------------------------------------------------

async function read(force = false, focus = "") {
  const now = board();
  if (!now || busy) return;
  const url = new URL(now.dataset.poll, location.href);
  url.searchParams.set("since", force ? "-1" : now.dataset.revision); // -1: no revision is that
  const shown = lists().filter((list) => cardsOf(list).length > PAGE).map((list) => `${list.dataset.cards}:${cardsOf(list).length}`);
  if (shown.length) url.searchParams.set("shown", shown.join(","));
  const places = remember();
  await window.htmx.ajax("GET", url.pathname + url.search, { source: now, target: now });
  if (board() !== now) {
    start();
    restore(places, focus);
  }
}

// A card that is held stays under the hand. Styles that Sortable left are taken off, since htmx would copy them as
// attributes, which the content security policy refuses.
function onSwap(event) {
  if (event.detail.target !== board()) return;
  if (!busy) keep();
  if (busy) event.detail.shouldSwap = false;
  board().querySelectorAll("[style]:not(.lf-col-gap)").forEach((one) => one.removeAttribute("style"));
}

// A new board has its long columns at once, so that the page keeps its height and its place; more cards of a
// column belong to its pages from now on.
function onSwapped(event) {
  if (event.target === board()) startWindow();
  const list = event.target.closest?.("[data-cards]");
  const path = event.detail.pathInfo?.requestPath ?? "";
  if (list && path.includes("after=")) grown(list, path);
}

let isAwaited = false;
function onScroll() {
  if (busy || isAwaited || !board()) return;
  isAwaited = true;
  requestAnimationFrame(() => {
    isAwaited = false;
    look();
    askAhead();
  });
}

function remember() {
  const active = document.activeElement?.closest?.("[data-card]");
  const row = board().querySelector("[data-columns]");
  return {
    card: active?.dataset.card ?? "",
    inMenu: document.activeElement?.hasAttribute("data-move-menu"),
    left: row.scrollLeft,
    tops: new Map(lists().map((list) => [list.dataset.cards, list.scrollTop])),
  };
}

function restore(places, focus) {
  board().querySelector("[data-columns]").scrollLeft = places.left;
  lists().forEach((list) => { list.scrollTop = places.tops.get(list.dataset.cards) ?? 0; });
  const key = focus || places.card;
  const card = key && document.getElementById(`lf-card-${key}`);
  if (!card || document.querySelector("dialog[open]")) return;
  const inner = card.querySelector(places.inMenu && !focus ? "[data-move-menu]" : ".lf-bcard-name");
  const shown = inner?.checkVisibility() ? inner : card.closest("[data-column]").querySelector("[data-fold]");
  shown?.focus({ preventScroll: !focus });
}

function poll() {
  if (board() && !document.hidden && !document.querySelector("dialog[open], [data-card-form]")) read();
}

// --- A column folded, a card changed in place -------------------------------------------------------

function fold(button) {
  const column = button.closest("[data-column]");
  const isFolded = column.toggleAttribute("data-folded");
  button.setAttribute("aria-expanded", String(!isFolded));
  const values = { board: board().dataset.board, column: column.dataset.column, folded: isFolded ? "1" : "0" };
  window.htmx.ajax("POST", board().dataset.foldUrl, { source: button, target: button, swap: "none", values });
}

// Out of a form as if it had not been opened; of somebody new nothing is left, and the plus has the focus.
async function leave(card) {
  const column = document.querySelector("[data-new-card]")?.closest("[data-column]").dataset.column;
  await read(true, card?.dataset.card);
  const links = column ? [...document.querySelectorAll(`[data-column="${column}"] [data-col-add]`)] : [];
  links.find((link) => link.checkVisibility())?.focus();
}

async function change(card) {
  const url = card.querySelector("[data-card-edit]")?.dataset.cardEdit;
  if (!url || busy) return;
  if (document.querySelector("[data-card-form]")) await read(true);
  asked = card.dataset.card;
  const place = document.getElementById(`lf-card-${asked}`);
  await window.htmx.ajax("GET", url, { source: place, target: place, swap: "innerHTML" });
  place.querySelector("[data-card-form] input:not([type=hidden]), [data-card-form] select")?.focus();
}

// The small form of somebody new, at the top of its column; without the script its link is a page.
async function add(link) {
  const column = link.closest("[data-column]").dataset.column;
  if (busy) return;
  if (document.querySelector("[data-card-form]")) await read(true);
  const place = document.createElement("li");
  place.className = "lf-bcard";
  place.dataset.newCard = "";
  document.getElementById(`lf-cards-${column}`).prepend(place);
  await window.htmx.ajax("GET", link.getAttribute("href"), { source: place, target: place, swap: "innerHTML" });
  place.querySelector("[data-card-form] input:not([type=hidden])")?.focus();
}

// --- Keys, menu, tabs ----------------------------------------------------------------------------

function onKey(event) {
  const card = event.target.closest?.("[data-card]");
  if (!card || !event.altKey || !movable(card) || busy || event.target.closest("[data-card-form]")) return;
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!step) return;
  event.preventDefault();
  if (step[0]) sideways(card, step[0]);
  else upOrDown(card, step[1]);
}

function sideways(card, step) {
  const all = lists();
  const here = all.indexOf(card.closest("[data-cards]"));
  const further = step > 0 ? all.slice(here + 1) : all.slice(0, here).reverse();
  const list = further.find((one) => takes(columnOf(one), columnOf(all[here])));
  if (!list) return say(further[0] ? fill(live().dataset.barred, { name: nameOf(card), column: columnOf(further[0]).dataset.name }) : live().dataset.end);
  list.prepend(card);
  return send(card, list);
}

function upOrDown(card, step) {
  if (!isOrdered()) return say(live().dataset.sorted);
  const list = card.closest("[data-cards]");
  const cards = cardsOf(list);
  const other = cards[cards.indexOf(card) + step];
  if (!other) return undefined;
  if (step < 0) other.before(card);
  else other.after(card);
  return send(card, list);
}

// --- Many at once: X or Ctrl and a click picks a card, Shift a range, the bar moves them ------------------

const bulk = () => document.getElementById("lf-board-bulk");

function pick(card, isRange) {
  if (!movable(card)) return;
  const here = cardsOf(card.closest("[data-cards]"));
  const from = here.findIndex((one) => one.dataset.card === lastPicked);
  const to = here.indexOf(card);
  if (isRange && from >= 0) here.slice(Math.min(from, to), Math.max(from, to) + 1).filter(movable).forEach((one) => picked.add(one.dataset.card));
  else if (!picked.delete(card.dataset.card)) picked.add(card.dataset.card);
  lastPicked = card.dataset.card;
  showPicked();
  const name = card.querySelector(".lf-bcard-name").textContent;
  say(fill(picked.has(card.dataset.card) ? live().dataset.picked : live().dataset.dropped, { name, count: picked.size }));
}

function showPicked() {
  if (!bulk()) return;
  const cards = allCards();
  const shown = new Set(cards.map((card) => card.dataset.card));
  [...picked].filter((key) => !shown.has(key)).forEach((key) => picked.delete(key));
  cards.forEach((card) => card.toggleAttribute("data-picked", picked.has(card.dataset.card)));
  bulk().hidden = picked.size === 0;
  const count = bulk().querySelector("[data-count]");
  count.textContent = fill(count.dataset.template, { count: picked.size });
}

function dropPicked() {
  picked.clear();
  showPicked();
}

async function moveMany(column) {
  const cards = [...picked].map((key) => `${key}:${find(key).dataset.version}`);
  const first = [...picked][0];
  dropPicked();
  await window.htmx.ajax("POST", bulk().dataset.url, { source: board(), target: board(), swap: "none", values: { cards, column } });
  await read(true, first);
}

function onCardKey(event) {
  const card = event.target.closest?.("[data-card]");
  const form = event.target.closest?.("[data-card-form]");
  if (form) {
    if (event.key === "Escape") leave(card);
    return;
  }
  if (card && event.key.toLowerCase() === "e" && !event.altKey && !event.ctrlKey && !event.metaKey && card.querySelector("[data-card-edit]")) {
    event.preventDefault();
    return change(card);
  }
  if (!bulk() || event.altKey || event.ctrlKey || event.metaKey) return;
  if (card && event.key.toLowerCase() === "x") pick(card, event.shiftKey);
  else if (event.key === "Escape" && picked.size && !document.querySelector("dialog[open]")) dropPicked();
  else return;
  event.preventDefault();
}

function onClick(event) {
  const card = event.target.closest("[data-card]");
  if (event.target.closest("[data-card-form]")) return event.target.closest("[data-card-leave]") ? leave(card) : undefined;
  if (card && bulk() && (event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    return pick(card, event.shiftKey);
  }
  if (event.target.closest("[data-drop-picked]")) return dropPicked();
  if (event.target.closest("[data-move-picked]")) return openMenu(null);
  const adder = event.target.closest("[data-col-add]");
  if (adder && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    return add(adder);
  }
  const folder = event.target.closest("[data-fold]");
  if (folder) return fold(folder);
  if (event.target.closest("[data-card-edit]")) return change(card);
  const opener = event.target.closest("[data-move-menu]");
  if (opener) return openMenu(opener.closest("[data-card]"));
  const place = event.target.closest("#lf-board-move [data-to], #lf-board-move [data-to-zone]");
  if (place) return choose(place);
  const button = event.target.closest("[data-tab]");
  if (button) return showTab(button.dataset.tab);
  return undefined;
}

// The places for one card, or for the picked ones: those are not closed together.
function openMenu(card) {
  held = card?.dataset.card ?? "";
  const title = document.getElementById("lf-board-move-title");
  const name = card ? card.querySelector(".lf-bcard-name").textContent : fill(live().dataset.many, { count: picked.size });
  title.textContent = fill(title.dataset.template, { name });
  const here = card?.closest("[data-cards]").dataset.cards;
  document.querySelectorAll("#lf-board-move [data-to-zone]").forEach((one) => { one.hidden = !card; });
  const from = card && columnOf(card);
  document.querySelectorAll("#lf-board-move [data-to]").forEach((one) => {
    const barred = from && !takes(board().querySelector(`[data-column="${one.dataset.to}"]`), from);
    one.disabled = barred || one.dataset.to === here;
    one.querySelector("[data-barred]").hidden = !barred;
  });
  window.leadflow.openDialog("lf-board-move");
  document.querySelector("#lf-board-move [data-to]:not(:disabled)")?.focus();
}

function choose(place) {
  document.getElementById("lf-board-move").close();
  if (!held) return moveMany(place.dataset.to);
  const card = document.getElementById(`lf-card-${held}`);
  if (!card) return undefined;
  if (place.dataset.toZone) return ask(card, place.dataset.toZone);
  const list = board().querySelector(`[data-cards="${place.dataset.to}"]`);
  list.prepend(card);
  return send(card, list);
}

function showTab(key) {
  tab = key;
  board().querySelectorAll("[data-tab]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.tab === key)));
  board().querySelectorAll("[data-column]").forEach((one) => one.toggleAttribute("data-shown", one.dataset.column === key));
  look();
}

// --- Undo from a toast, without leaving the board --------------------------------------------------

async function onSubmit(event) {
  const form = event.target.closest("[data-toast] form");
  if (!form || !board()) return;
  event.preventDefault();
  form.closest("[data-toast]").remove();
  await window.htmx.ajax("POST", form.getAttribute("action"), { source: board(), target: board(), swap: "none" });
  read(true);
}

const nameOf = (card) => card.querySelector(".lf-bcard-name").textContent;
const say = (words) => { live().textContent = words; };
const fill = (words, values) => words.replace(/%\((\w+)\)s/g, (_all, key) => values[key]);

if (board()) {
  document.addEventListener("htmx:beforeSwap", onSwap);
  document.addEventListener("htmx:afterSwap", onSwapped);
  document.addEventListener("scroll", onScroll, { capture: true, passive: true });
  document.addEventListener("keydown", onKey);
  document.addEventListener("keydown", onCardKey);
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("lf:board", () => read(true, asked));
  document.addEventListener("lf:gate", (event) => askAt(event.detail.url));
  document.addEventListener("visibilitychange", poll);
  window.addEventListener("focus", poll);
  setInterval(poll, Number(board().dataset.every));
  start();
}
