// The builder of a sequence: the server draws the tree and keeps each edit; here are the keys, the menu at
// a plus, what is typed kept by itself, and the focus put back where it was. Without this the page works by
// its links and buttons.

const SETTLE = 700;
const work = () => document.getElementById("lf-flow-work");
const tree = () => document.getElementById("lf-flow-tree");
const menu = () => document.getElementById("lf-flow-menu");
const cards = () => [...tree().querySelectorAll("[data-step]")];
const cardOf = (id) => document.getElementById(`step-${id}`);
const isPhone = () => matchMedia("(max-width: 767.98px)").matches;
let place = [0, 0];
let wanted = ""; // where the focus goes after the next swap: "card", "pane" or nothing

function asList() {
  if (isPhone()) work().classList.add("lf-flow-as-list");
}

// What is wider than the screen begins in its middle, or with the chosen step in sight.
function centre() {
  const box = tree();
  box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
  box.querySelector("[aria-current][data-step]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// --- keys on the steps ------------------------------------------------------------------------------

const ARROWS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

function onTreeKey(event) {
  const card = event.target.closest?.("[data-step]");
  if (!card || event.ctrlKey || event.metaKey) return;
  const canEdit = Boolean(work().dataset.canEdit);
  const to = ARROWS[event.key];
  if (to && event.altKey && canEdit) press(card, to);
  else if (to) go(card, to);
  else if (event.key === "Delete" && canEdit) press(card, "away");
  else if (event.key.toLowerCase() === "a" && canEdit && !event.altKey) openMenu(plusAfter(card));
  else if (event.key === "Enter") wanted = "pane";
  else return;
  if (event.key === "Enter") return;
  event.preventDefault();
  event.stopPropagation();
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

// The buttons of each step stand in the list; a key presses them.
function press(card, to) {
  const form = card.parentElement.querySelector(".lf-tree-acts");
  if (!form) return;
  wanted = "card";
  send(form.action, { to, view: form.elements.view.value });
}

function send(url, values) {
  return window.htmx.ajax("POST", url, { target: "#lf-flow-work", swap: "outerHTML", values, source: work() });
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
  panel.dataset.from = plus.dataset.add;
  panel.showPopover();
  if (!isPhone()) put(panel, plus.getBoundingClientRect());
  panel.querySelector("button").focus();
  return true;
}

function put(panel, box) {
  const room = { width: innerWidth - panel.offsetWidth - 16, height: innerHeight - panel.offsetHeight - 16 };
  panel.style.left = `${Math.max(16, Math.min(box.left + box.width / 2 - panel.offsetWidth / 2, room.width))}px`;
  panel.style.top = `${Math.max(16, Math.min(box.bottom + 4, room.height))}px`;
}

function onClick(event) {
  const plus = event.target.closest("[data-add]");
  if (plus && openMenu(plus)) event.preventDefault();
  if (event.target.closest(".lf-flow-palette button")) wanted = "pane";
  const act = event.target.closest("#lf-step-acts button, .lf-tree-acts button, [data-history] button");
  if (act) wanted = "card";
}

function onMenuKey(event) {
  const panel = event.target.closest?.("#lf-flow-menu, .lf-flow-palette");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!panel || !step) return;
  const items = [...panel.querySelectorAll("button")];
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  event.preventDefault();
}

// --- what is typed is kept ----------------------------------------------------------------------------

let timer = 0;
let kept = "";
let saving = Promise.resolve(); // one save after the other: each must know what the last one made
const formNow = () => document.querySelector("[data-autosave]");
const valuesOf = (form) => new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "revision" && name !== "csrfmiddlewaretoken")).toString();

const isDirty = () => Boolean(formNow()) && valuesOf(formNow()) !== kept;

function watch() {
  clearTimeout(timer);
  const form = formNow();
  kept = form ? valuesOf(form) : "";
}

function onInput(event) {
  const form = event.target.closest?.("[data-autosave]");
  if (!form) return;
  clearTimeout(timer);
  if (event.target.matches?.("[data-reload]")) return void save(form, true);
  timer = setTimeout(() => save(form, false), SETTLE);
}

function save(form, anew) {
  clearTimeout(timer);
  saving = saving.then(() => keep(form, anew));
  return saving;
}

// `anew` draws the pane too: what it asks follows from what was chosen.
async function keep(form, anew) {
  if (!form.isConnected) return;
  const now = valuesOf(form);
  if (now === kept && !anew) return;
  kept = now;
  const body = new FormData(form);
  body.set("revision", document.querySelector("[data-seen]")?.value ?? "");
  const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": body.get("csrfmiddlewaretoken") } }).catch(() => null);
  if (!answer) {
    kept = "";
    return say("unsaved");
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.status === 409 || answer.status >= 500 || answer.redirected) return conflict(page);
  take(page, ["lf-flow-state", "lf-flow-acts", "lf-flow-tree", ...(anew && answer.ok ? ["lf-flow-pane"] : [])]);
  if (formNow() === form) told(form, page, answer.ok);
  else watch();
}

function take(page, ids) {
  for (const id of ids) {
    const fresh = page.getElementById(id);
    const old = document.getElementById(id);
    if (!fresh || !old) continue;
    const [top, left] = [old.scrollTop, old.scrollLeft];
    const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
    fresh.removeAttribute("hx-swap-oob");
    for (const inner of fresh.querySelectorAll("[hx-swap-oob]")) inner.remove();
    old.replaceWith(document.adoptNode(fresh));
    fresh.scrollTo(left, top);
    if (focus) document.getElementById(focus)?.focus();
    window.htmx.process(fresh);
  }
  const seen = document.querySelector("[data-seen]")?.value;
  for (const one of document.querySelectorAll("input[name=revision]")) one.value = seen;
}

// What is wrong stands beside its field, and what was typed stays.
function told(form, page, isKept) {
  for (const old of form.querySelectorAll(".invalid-feedback")) old.remove();
  for (const one of form.querySelectorAll(".is-invalid")) one.classList.remove("is-invalid");
  for (const wrong of page.querySelectorAll("#lf-step-form .invalid-feedback")) {
    const place = wrong.closest("[id^=div_id_]");
    const mine = place && document.getElementById(place.id);
    mine?.append(document.adoptNode(wrong));
    mine?.querySelector("input, select, textarea")?.classList.add("is-invalid");
  }
  if (!isKept) say("unsaved");
}

function say(state) {
  const place = document.querySelector("[data-saved]");
  if (place) place.textContent = work().dataset[state] ?? "";
}

function conflict(page) {
  const strip = page.querySelector(".lf-strip");
  if (strip) document.getElementById("lf-notices").replaceChildren(document.adoptNode(strip));
  say("unsaved");
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
  wanted = "card";
  button.click();
}

function beforeSwap(event) {
  if (event.target.id === "lf-flow-work") place = [tree().scrollTop, tree().scrollLeft];
}

function afterSwap(event) {
  if (event.target.id !== "lf-flow-work" && event.detail.target?.id !== "lf-flow-work") return;
  asList();
  [tree().scrollTop, tree().scrollLeft] = place;
  watch();
  if (wanted === "pane") focusPane();
  else if (wanted === "card") (tree().querySelector("[aria-current][data-step]") ?? cards()[0] ?? tree()).focus();
  else if (isPhone() && work().classList.contains("has-pane")) scrollTo(0, 0);
  wanted = "";
}

function focusPane() {
  const pane = document.getElementById("lf-flow-pane");
  const first = pane.querySelector("form :is(input, select, textarea):not([type=hidden])");
  (first ?? pane.querySelector("[data-pane-title]"))?.focus();
}

function onEscape(event) {
  const pane = event.target.closest?.("#lf-flow-pane");
  if (event.key !== "Escape" || !pane || event.defaultPrevented) return;
  tree().querySelector("[aria-current][data-step]")?.focus();
}

// htmx sends what the page last knew of the document, not what a form was drawn with.
function onConfig(event) {
  const seen = document.querySelector("[data-seen]")?.value;
  if (seen && event.detail.verb === "post" && event.detail.path.includes("/sequences/")) event.detail.parameters.set?.("revision", seen);
  clearTimeout(timer);
  if (event.target.closest("#lf-flow-menu")) menu().hidePopover(); // not sooner: htmx forgets the button that loses the focus
}

// What was typed is kept before anything else is done with the steps.
function onConfirm(event) {
  if (!isDirty()) return;
  event.preventDefault();
  save(formNow(), false).then(() => event.detail.issueRequest());
}

function onLeave(event) {
  const link = event.target.closest("a[href]:not([hx-get], [data-add])");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || !isDirty()) return;
  event.preventDefault();
  save(formNow(), false).then(() => location.assign(link.href));
}

if (work()) {
  asList();
  centre();
  watch();
  document.addEventListener("keydown", onTreeKey);
  document.addEventListener("keydown", onMenuKey);
  document.addEventListener("keydown", onUndoKey);
  document.addEventListener("keydown", onEscape);
  document.addEventListener("click", onClick);
  document.addEventListener("click", onLeave);
  document.addEventListener("htmx:confirm", onConfirm);
  document.addEventListener("input", onInput);
  document.addEventListener("change", onInput);
  document.addEventListener("htmx:configRequest", onConfig);
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  document.addEventListener("htmx:afterSettle", afterSwap);
}
