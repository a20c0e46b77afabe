// What is typed into the pane of a step is kept by itself, one save after the other. What the server does not
// take stays in the pane with the reason beside its field, and is there again after a reload: nothing is lost.
import { drawn, work } from "./sequence-dom.js";

const SETTLE = 700;
const LEFT = "lf-left:"; // what was typed and not kept, by the address of its step, until the tab is closed
const OURS = new Set(["revision", "csrfmiddlewaretoken", "view"]);

let timer = 0;
let kept = "";
let saving = Promise.resolve(); // each save must know what the last one made

const formNow = () => document.querySelector("[data-autosave]");
const pairsOf = (form) => [...new FormData(form)].filter(([name]) => !OURS.has(name));
const valuesOf = (form) => new URLSearchParams(pairsOf(form)).toString();

export const isDirty = () => Boolean(formNow()) && valuesOf(formNow()) !== kept;
export const settle = () => clearTimeout(timer);

// A new pane: what it says is what the server has, unless something of it was left behind.
export function watch() {
  clearTimeout(timer);
  const form = formNow();
  kept = form ? valuesOf(form) : "";
  if (form) bringBack(form);
}

export function saveNow() {
  return isDirty() ? save(formNow(), false) : saving;
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
    return unsaved(form, true);
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.status === 409 || answer.status >= 500 || answer.redirected) {
    unsaved(form, false);
    return conflict(page);
  }
  take(page, ["lf-flow-state", "lf-flow-acts", "lf-flow-tree", ...(anew && answer.ok ? ["lf-flow-pane"] : ["lf-step-said"])]);
  if (answer.ok) forget(form);
  else unsaved(form, true);
  if (formNow() === form) told(form, page);
  else watch();
}

function take(page, ids) {
  for (const id of ids) {
    const fresh = page.getElementById(id);
    const old = document.getElementById(id);
    if (!fresh || !old || document.documentElement.classList.contains("lf-dragging")) continue;
    const [top, left] = [old.scrollTop, old.scrollLeft];
    const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
    fresh.removeAttribute("hx-swap-oob");
    for (const inner of fresh.querySelectorAll("[hx-swap-oob]")) inner.remove();
    old.replaceWith(document.adoptNode(fresh));
    if (id === "lf-flow-tree") drawn();
    fresh.scrollTo(left, top);
    if (focus) document.getElementById(focus)?.focus();
    window.htmx.process(fresh);
  }
  const seen = document.querySelector("[data-seen]")?.value;
  for (const one of document.querySelectorAll("input[name=revision]")) one.value = seen;
}

// What is wrong stands beside its field, and what was typed stays.
function told(form, page) {
  for (const old of form.querySelectorAll(".lf-errors")) old.remove();
  for (const mine of form.querySelectorAll("input[id], select[id], textarea[id]")) mark(mine, page.getElementById(mine.id));
  for (const wrong of page.querySelectorAll("#lf-step-form .lf-errors")) {
    const place = wrong.closest("[id^=div_id_]");
    document.getElementById(place?.id)?.append(document.adoptNode(wrong));
  }
}

function mark(mine, theirs) {
  mine.classList.toggle("is-invalid", Boolean(theirs?.classList.contains("is-invalid")));
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (theirs?.hasAttribute(name)) mine.setAttribute(name, theirs.getAttribute(name));
    else mine.removeAttribute(name);
  }
}

function say(state) {
  const place = document.querySelector("[data-saved]");
  if (place) place.textContent = work().dataset[state] ?? "";
}

function conflict(page) {
  const strip = page.querySelector(".lf-strip");
  if (strip) document.getElementById("lf-notices").replaceChildren(document.adoptNode(strip));
}

// --- what could not be kept ------------------------------------------------------------------------------

function unsaved(form, mayTry) {
  say("unsaved");
  try {
    sessionStorage.setItem(LEFT + form.getAttribute("action"), JSON.stringify({ pairs: pairsOf(form), mayTry }));
  } catch {
    // a browser without room keeps it in the pane alone
  }
}

function forget(form) {
  sessionStorage.removeItem(LEFT + form.getAttribute("action"));
}

// Where somebody else saved in between (`mayTry` is false) it is shown, and kept once it is typed on.
function bringBack(form) {
  const left = sessionStorage.getItem(LEFT + form.getAttribute("action"));
  if (!left) return;
  const { pairs, mayTry } = JSON.parse(left);
  const asks = new Map(pairs);
  const shown = form.elements.shown?.value;
  if (shown !== undefined && asks.get("shown") !== shown) return forget(form); // it asks something else now
  fill(form, pairs);
  if (!isDirty()) return forget(form);
  say("unsaved");
  if (mayTry) save(form, false);
}

function fill(form, pairs) {
  const has = (name, value) => pairs.some(([one, other]) => one === name && other === value);
  const asks = new Map(pairs);
  for (const field of form.elements) {
    if (!field.name || OURS.has(field.name)) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = has(field.name, field.value);
    else if (field.multiple) for (const option of field.options) option.selected = has(field.name, option.value);
    else if (asks.has(field.name)) field.value = asks.get(field.name);
    field.closest("lf-rules")?.reread?.();
  }
}

// The page goes before the last keys were kept.
function onPageHide() {
  if (isDirty()) unsaved(formNow(), true);
}

function onLeave(event) {
  const link = event.target.closest("a[href]:not([hx-get], [data-add])");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || !isDirty()) return;
  event.preventDefault();
  saveNow().then(() => location.assign(link.href));
}

export function startSaving() {
  watch();
  document.addEventListener("input", onInput);
  document.addEventListener("change", onInput);
  document.addEventListener("click", onLeave);
  addEventListener("pagehide", onPageHide);
}
