// A column of more than SMALL pages: what is near the eye is in the document, the rest stands aside in pages with a gap of their
// height. What follows is asked for before the end comes in sight. Used by board.js.
//
// The server reads MOST cards of a column anew at once. Pages beyond them outlive a new board: their cards are
// shown as they were, and read anew by the address that brought them as soon as they are near.
const PAGE = 50;
const MOST = 500;
const SMALL = 4; // pages of a column that stand in the document as a whole
const NEAR = 1500; // pixels above and below the screen

let drawn = null; // the board that the pages are of
let pages = new Map(); // list -> its pages: {cards, gap, height, url, isOld}
const gaps = new Map(); // a gap -> its page

const board = () => document.getElementById("lf-board");
const lists = () => [...board().querySelectorAll("[data-cards]")];
const keyOf = (card) => card.dataset.card;
const moreOf = (list) => list.querySelector(":scope > .lf-col-more");
const shown = (list) => [...list.querySelectorAll(":scope > [data-card]")];

// All cards of a column in their order, those that stand aside too.
export function cardsOf(list) {
  return [...list.children].flatMap((one) => (one.hasAttribute("data-card") ? [one] : gaps.get(one)?.cards ?? []));
}

export const allCards = () => lists().flatMap(cardsOf);
export const find = (key) => allCards().find((card) => keyOf(card) === key);

// A board as the server drew it: its cards in pages, and behind them the pages that outlived the last one.
export function start() {
  if (drawn === board()) return;
  drawn = board();
  const kept = pages;
  pages = new Map();
  gaps.clear();
  lists().forEach((list) => {
    pages.set(list, inPages(shown(list)));
    const last = [...kept.keys()].find((one) => one.dataset.cards === list.dataset.cards);
    if (last) outlive(list, kept.get(last).slice(MOST / PAGE), moreOf(last));
  });
  look();
}

function inPages(cards) {
  const found = [];
  for (let n = 0; n < cards.length; n += PAGE) found.push({ cards: cards.slice(n, n + PAGE), gap: null, height: 0, url: "", isOld: false });
  return found;
}

function outlive(list, old, more) {
  if (!old.length || !moreOf(list) || shown(list).length < MOST) return;
  const fresh = new Set(allCards().map(keyOf));
  old.forEach((page) => {
    page.cards = page.cards.filter((card) => !fresh.has(keyOf(card)));
    page.isOld = true;
    page.gap = null;
    if (page.cards.length) setAside(list, page, moreOf(list), page.height);
  });
  pages.get(list).push(...old.filter((page) => page.cards.length));
  if (more) moreOf(list).replaceWith(more);
}

// Before a board goes: how high each page stands, since nothing of it can be measured afterwards.
export function keep() {
  pages.forEach((some) => some.filter((page) => !page.gap).forEach((page) => { page.height = heightOf(page); }));
}

function heightOf(page) {
  const here = page.cards.filter((card) => card.isConnected);
  return here.length ? here.at(-1).getBoundingClientRect().bottom - here[0].getBoundingClientRect().top : 0;
}

// More cards came behind the last ones, from this address.
export function grown(list, url) {
  const known = new Set(pages.get(list)?.flatMap((page) => page.cards));
  const cards = shown(list).filter((card) => !known.has(card));
  if (!cards.length) return;
  pages.get(list).push({ cards, gap: null, height: 0, url, isOld: false });
  look();
}

// Bring back what comes near, put aside what is far. All is measured before anything changes.
export function look() {
  const come = [];
  const go = [];
  pages.forEach((some, list) => {
    if (some.length <= SMALL || !list.isConnected || !list.checkVisibility()) return;
    some.forEach((page) => {
      const near = isNear(page.gap ?? page.cards[0], page.gap ?? page.cards.at(-1));
      if (near && page.gap) come.push(page);
      if (!near && !page.gap) go.push([list, page, heightOf(page)]);
    });
  });
  go.forEach(([list, page, height]) => putAside(list, page, height));
  come.forEach(bringBack);
}

function isNear(first, last) {
  return last.getBoundingClientRect().bottom > -NEAR && first.getBoundingClientRect().top < window.innerHeight + NEAR;
}

function putAside(list, page, height) {
  const here = page.cards.filter((card) => card.parentNode === list);
  const isBusy = here.some((card) => card.contains(document.activeElement) || card.querySelector("[data-card-form]"));
  if (isBusy || here.length < page.cards.length) return;
  setAside(list, page, here[0], height);
  here.forEach((card) => card.remove());
}

function setAside(list, page, before, height) {
  page.gap = document.createElement("li");
  page.gap.className = "lf-col-gap";
  page.gap.setAttribute("aria-hidden", "true");
  page.gap.style.height = `${height}px`;
  page.height = height;
  gaps.set(page.gap, page);
  list.insertBefore(page.gap, before);
}

function bringBack(page) {
  gaps.delete(page.gap);
  page.gap.replaceWith(...page.cards);
  page.gap = null;
  if (page.isOld && page.url) readAnew(page);
}

async function readAnew(page) {
  page.isOld = false;
  const url = new URL(page.url, location.href);
  url.searchParams.set("until", keyOf(page.cards.at(-1)));
  const answer = await fetch(url, { headers: { "HX-Request": "true" } });
  if (!answer.ok || !page.cards[0]?.isConnected || page.cards.some((card) => card.contains(document.activeElement))) return;
  const found = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html");
  const mine = new Set(page.cards.map(keyOf));
  const others = new Set(allCards().map(keyOf).filter((key) => !mine.has(key)));
  const cards = [...found.querySelectorAll("[data-card]")].filter((card) => !others.has(keyOf(card)));
  if (!cards.length) return;
  page.cards[0].before(...cards);
  page.cards.forEach((card) => card.remove());
  page.cards = cards;
}

// Whoever scrolls need not press "Show more": it is pressed before she gets there, once.
export function askAhead() {
  lists().filter((list) => list.checkVisibility()).map((list) => moreOf(list)?.querySelector("button")).forEach((button) => {
    if (!button || button.dataset.asked || !isNear(button, button)) return;
    button.dataset.asked = "1";
    button.click();
  });
}
