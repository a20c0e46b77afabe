// What can be added: click, Enter or drag.
import { el, icon, say } from "./dom.js";

export function drawPalette(root, store, add) {
  const list = root.querySelector("[data-block-palette]");
  const field = root.querySelector("[data-find-block]");
  const sections = store.set.groups.map(([key, label]) => section(label, store.set.palette.filter((one) => one.group === key), add));
  if (store.set.many_pages) sections.at(-1)?.querySelector(".lf-bk-tiles").append(pageTile(store));
  list.replaceChildren(...sections.filter(Boolean));
  field.addEventListener("input", () => filter(list, field.value));
  const refresh = () => markSpent(list, store);
  store.addEventListener("change", refresh);
  refresh();
}

function section(label, starters, add) {
  if (!starters.length) return null;
  const tiles = starters.map((starter) => tile(starter.icon, starter.label, starter.blocks?.length ? { starter: starter.key } : { starter: starter.key, type: starter.type }, () => add(starter), starter.about));
  return el("section", { className: "lf-bk-group" }, el("h2", {}, label), el("div", { className: "lf-bk-tiles" }, tiles));
}

function tile(symbol, label, data, onclick, about = "") {
  return el("button", { type: "button", className: "lf-bk-tile", data: { ...data, about }, onclick, title: about || undefined, "aria-label": say("add", { block: label }), "aria-description": about }, icon(symbol), el("span", {}, label));
}

function pageTile(store) {
  const made = tile("page-break", say("new_page"), { page: "1" }, () => store.addPage(), say("new_page_about"));
  made.classList.add("lf-bk-fixed");
  return made;
}

function filter(list, wish) {
  const wanted = wish.trim().toLowerCase();
  let found = 0;
  for (const group of list.querySelectorAll(".lf-bk-group")) {
    const tiles = [...group.querySelectorAll(".lf-bk-tile")];
    tiles.forEach((one) => { one.hidden = !`${one.textContent} ${one.dataset.about}`.toLowerCase().includes(wanted); });
    group.hidden = tiles.every((one) => one.hidden);
    found += tiles.filter((one) => !one.hidden).length;
  }
  list.querySelector(".lf-bk-none")?.remove();
  if (!found) list.append(el("p", { className: "lf-bk-none" }, say("no_block")));
}

function markSpent(list, store) {
  for (const one of list.querySelectorAll("[data-type]")) one.disabled = store.isSpent(one.dataset.type);
}
