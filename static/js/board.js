// The kanban: drag by mouse and touch, Alt with arrows, a "Move to" menu; live by polling a revision.
// Markup: templates/web/board.html and board_tools.html. The server's answer to a move is 204 with a toast,
// or 409 with a strip; then the board is read again, so what is shown is always what is stored.
const POLL = 1500;
const PAGE = 50;

let busy = false; // while a card is held or a move is on its way, the board under it is not replaced
let held = null; // the card that the open menu is about
let tab = "";

const board = () => document.getElementById("lf-board");
const live = () => document.getElementById("lf-board-live");
const cardsOf = (list) => [...list.querySelectorAll("[data-card]")];
const lists = () => [...board().querySelectorAll("[data-cards]")];
const canMove = () => board().hasAttribute("data-movable");
const isOrdered = () => board().hasAttribute("data-ordered");

function start() {
  makeSortable();
  showTab(tab || lists()[0]?.dataset.cards);
}

function makeSortable() {
  if (!canMove()) return;
  const shared = { group: "cards", draggable: "[data-card]", animation: 120, delay: 160, delayOnTouchOnly: true, touchStartThreshold: 5, filter: "[data-move-menu]", preventOnFilter: false };
  lists().forEach((list) => window.Sortable.create(list, { ...shared, onStart: onHold, onEnd: onDrop }));
  board().querySelectorAll("[data-zone]").forEach((zone) => window.Sortable.create(zone, { ...shared, sort: false }));
}

function onHold() {
  busy = true;
  document.documentElement.classList.add("lf-dragging");
}

function onDrop(event) {
  document.documentElement.classList.remove("lf-dragging");
  busy = false;
  const { item: card, from, to, oldDraggableIndex } = event;
  if (to.dataset.zone) {
    from.insertBefore(card, cardsOf(from)[oldDraggableIndex] ?? from.querySelector(".lf-col-more"));
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
  const moved = status >= 200 && status < 300;
  say(moved ? fill(live().dataset.moved, { name, column, place: place + 1, count: cards.length }) : live().dataset.refused);
  await read(true, card.dataset.card);
}

function ask(card, verb) {
  const url = card.dataset.move.replace(/move\/$/, `${verb}`);
  window.htmx.ajax("GET", url, { source: "#lf-board-dialog-body", target: "#lf-board-dialog-body" })
    .then(() => { if (document.querySelector("#lf-board-dialog-body form")) window.leadflow.openDialog("lf-board-dialog"); });
}

// --- What the server says now ------------------------------------------------------------------

async function read(force = false, focus = "") {
  const now = board();
  if (!now || busy) return;
  const url = new URL(now.dataset.poll, location.href);
  url.searchParams.set("since", force ? "0" : now.dataset.revision);
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
  if (busy) event.detail.shouldSwap = false;
  board().querySelectorAll("[style]").forEach((one) => one.removeAttribute("style"));
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
  inner?.focus({ preventScroll: !focus });
}

function poll() {
  if (board() && !document.hidden && !document.querySelector("dialog[open]")) read();
}

// --- Keys, menu, tabs ----------------------------------------------------------------------------

function onKey(event) {
  const card = event.target.closest?.("[data-card]");
  if (!card || !event.altKey || !canMove() || busy) return;
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!step) return;
  event.preventDefault();
  if (step[0]) sideways(card, step[0]);
  else upOrDown(card, step[1]);
}

function sideways(card, step) {
  const all = lists();
  const list = all[all.indexOf(card.closest("[data-cards]")) + step];
  if (!list) return say(live().dataset.end);
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

function onClick(event) {
  const opener = event.target.closest("[data-move-menu]");
  if (opener) return openMenu(opener.closest("[data-card]"));
  const place = event.target.closest("#lf-board-move [data-to], #lf-board-move [data-to-zone]");
  if (place) return choose(place);
  const button = event.target.closest("[data-tab]");
  if (button) return showTab(button.dataset.tab);
  return undefined;
}

function openMenu(card) {
  held = card.dataset.card;
  const title = document.getElementById("lf-board-move-title");
  title.textContent = fill(title.dataset.template, { name: card.querySelector(".lf-bcard-name").textContent });
  const here = card.closest("[data-cards]").dataset.cards;
  document.querySelectorAll("#lf-board-move [data-to]").forEach((one) => { one.disabled = one.dataset.to === here; });
  window.leadflow.openDialog("lf-board-move");
  document.querySelector("#lf-board-move [data-to]:not(:disabled)")?.focus();
}

function choose(place) {
  document.getElementById("lf-board-move").close();
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

const say = (words) => { live().textContent = words; };
const fill = (words, values) => words.replace(/%\((\w+)\)s/g, (_all, key) => values[key]);

if (board()) {
  document.addEventListener("htmx:beforeSwap", onSwap);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("lf:board", () => read(true));
  document.addEventListener("visibilitychange", poll);
  window.addEventListener("focus", poll);
  setInterval(poll, POLL);
  start();
}
