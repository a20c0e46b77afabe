// A visitor's form: shows and hides questions, walks through pages, sends, and keeps what could not be
// sent. Without this file the form works too: all pages at once, checked by the server.
import { shown as inWords } from "./formulas.js";
import { walk } from "./path.js";
import { suggesting } from "./mistyped.js";
import { dialling } from "./phone.js";
import { fillIn, minding, ownAnswer } from "./setting.js";
import { beginProof, proved } from "./proof.js";
import { report } from "./seen.js";
import { filesArrived, sendFiles } from "./files.js";
import { showLocalTimes } from "./localtime.js";
import { freshSlots, showSlots } from "./slots.js";

const KEEP_HOURS = 24;
const RETRY = [2000, 5000, 15000, 60000, 300000];

const form = document.querySelector(".lf-form");
if (form) start(form);

function start(form) {
  const logic = JSON.parse(document.getElementById("lf-logic").textContent);
  const state = { form, logic, pages: [...form.querySelectorAll(".lf-page")], page: 0, begun: false };
  minding(form, logic, () => showQuestions(state));
  form.addEventListener("input", () => changed(state));
  form.addEventListener("change", () => changed(state));
  sendFiles(state, showQuestions);
  dialling(form);
  suggesting(form);
  form.addEventListener("submit", (event) => submitted(event, state));
  showSlots(state, () => showQuestions(state));
  showQuestions(state);
  showLocalTimes(form);
  showPage(state, firstWrong(state) || startOf(state));
  tellParent(state);
  if (form.hasAttribute("data-preview")) return;
  report(form, "view");
  sendKept(state);
}

// --- which questions are asked -------------------------------------------------------------------

function changed(state) {
  if (!state.begun && !state.form.hasAttribute("data-preview")) report(state.form, "start");
  if (!state.begun) beginProof(state.form);
  state.begun = true;
  showQuestions(state);
  drawSteps(state);
  drawActs(state);
}

// The way through the form as the server walks it: pages off the way and hidden blocks send nothing.
function showQuestions(state) {
  const { form, logic, pages } = state;
  const given = { ...logic.carried };
  for (const block of form.querySelectorAll(".lf-block")) Object.assign(given, valuesOf(block, logic.fields));
  state.way = walk(logic, given);
  fillIn(form, logic, state.way, given);
  for (const page of pages) if (page.matches("fieldset")) page.disabled = !state.way.pages.includes(page.dataset.page);
  for (const block of form.querySelectorAll(".lf-block")) {
    const isShown = state.way.shown.has(block.dataset.block);
    block.hidden = !isShown || block.hasAttribute("data-known");
    for (const control of block.querySelectorAll("input, select, textarea")) {
      control.disabled = !isShown;
      control.required = isShown && control.type !== "checkbox" && state.way.required.has(control.dataset.file ?? control.name) && !control.dataset.name;
    }
  }
  showValues(state, state.way.record);
  tellHeight();
}

function showValues({ form, logic }, record) {
  const sums = logic.pages.flatMap((page) => page.blocks).filter((one) => one.formula);
  const places = Object.fromEntries(sums.map((one) => [one.name, one.decimals]));
  for (const place of form.querySelectorAll("[data-value]")) {
    const name = place.dataset.value;
    const text = valueText(named(form, name, record[name] ?? null), places[name]);
    const unit = place.dataset.unit ? `\u00a0${place.dataset.unit}` : "";
    const words = text === "" ? "–" : text + unit;
    if (place.textContent !== words) place.textContent = words;
  }
}

// A choice by the words that stand beside it, not by its key.
function named(form, name, value) {
  const all = `input:is([type="radio"], [type="checkbox"])[name="${name}"], select[name="${name}"] option`;
  const choices = [...form.querySelectorAll(all)];
  const words = (key) => {
    const one = choices.find((choice) => choice.value === key);
    return (one?.labels?.[0] ?? one)?.textContent.trim() || key;
  };
  if (Array.isArray(value)) return value.map(words);
  return typeof value === "string" ? words(value) : value;
}

function valueText(value, decimals) {
  if (typeof value !== "number") return inWords(value);
  const least = decimals ?? 0;
  return value.toLocaleString(document.documentElement.lang || undefined, { minimumFractionDigits: least, maximumFractionDigits: decimals ?? 6 });
}

function valuesOf(block, logic) {
  const controls = [...block.querySelectorAll(":is(input, select, textarea):not([data-dial-of])")];
  const name = controls[0]?.dataset.file ?? controls[0]?.name;
  if (!name || !logic[name]) return {};
  return { [name]: ownAnswer(block, valueOf(controls, logic[name].type)) };
}

function valueOf(controls, type) {
  const first = controls[0];
  if (first.type === "file") return first.dataset.name || null;
  if (first.type === "checkbox" && type === "boolean") return first.checked;
  if (first.type === "checkbox") return controls.filter((one) => one.checked).map((one) => one.value);
  const given = first.type === "radio" ? controls.find((one) => one.checked)?.value : first.value.trim();
  if (given === undefined || given === "") return null;
  if (type === "boolean") return given === "yes";
  return type === "number" ? Number(given) : given;
}

// --- pages ---------------------------------------------------------------------------------------

// Where the server says that she stands: on going on with a form that she saved.
function startOf({ form, pages }) {
  return Math.max(pages.findIndex((page) => page.dataset.page === form.elements.lf_at?.value), 0);
}

function firstWrong(state) {
  const place = state.pages.findIndex((page) => page.querySelector(".is-invalid"));
  return Math.max(place, 0);
}

function showPage(state, number) {
  state.page = number;
  state.pages.forEach((page, place) => { page.hidden = place !== number; });
  const mark = state.form.elements.lf_at;
  if (mark) mark.value = state.pages[number].dataset.page;
  drawSteps(state);
  drawActs(state);
  tellHeight();
}

// The pages of the way, as places among all pages, and where among them the visitor stands.
function onTheWay({ pages, page, way }) {
  const all = pages.flatMap((one, place) => (place === page || way.pages.includes(one.dataset.page) ? [place] : []));
  return { all, at: all.indexOf(page) };
}

function drawSteps(state) {
  const { form, pages } = state;
  const steps = form.querySelector(".lf-steps");
  if (pages.length < 2) return;
  const { all, at } = onTheWay(state);
  const bar = element("div", "lf-steps-bar");
  all.forEach((_page, place) => bar.append(element("i", place <= at ? "is-done" : "")));
  const words = form.dataset.wordsStep.replace("{n}", at + 1).replace("{all}", all.length);
  if (steps.textContent === words && !steps.hidden && steps.querySelector(".lf-steps-bar")) return;
  steps.replaceChildren(bar, element("span", "", words));
  steps.hidden = false;
}

function drawActs(state) {
  const { form } = state;
  const { all, at } = onTheWay(state);
  const send = form.querySelector(".lf-send");
  const label = at < all.length - 1 ? form.dataset.wordsNext : send.dataset.label;
  if (send.textContent !== label) send.textContent = label;
  let back = form.querySelector(".lf-back");
  if (at === 0) back?.remove();
  else if (back?.type !== "button") {
    back?.remove();
    back = element("button", "lf-back", form.dataset.wordsBack);
    back.type = "button";
    back.addEventListener("click", () => goTo(state, -1));
    send.after(back);
  }
}

function goTo(state, step) {
  const { all, at } = onTheWay(state);
  showPage(state, all[at + step]);
  focusFirst(state);
}

function focusFirst(state) {
  state.pages[state.page].querySelector(":is(input, select, textarea):not([disabled])")?.focus();
}

// --- sending -------------------------------------------------------------------------------------

async function submitted(event, state) {
  if (event.submitter?.value === "save") return; // the server keeps it and shows the link
  event.preventDefault();
  if (!pageIsComplete(state)) return;
  const { all, at } = onTheWay(state);
  if (at < all.length - 1) {
    goTo(state, 1);
    return;
  }
  if (state.form.hasAttribute("data-preview")) return;
  const send = state.form.querySelector(".lf-send");
  if (send.getAttribute("aria-busy") === "true") return;
  send.setAttribute("aria-busy", "true");
  if (!(await filesArrived(state))) {
    send.removeAttribute("aria-busy");
    return;
  }
  await deliver(state, { ...bodyOf(state.form), ...(await proved(state.form)) }, 0);
  send.removeAttribute("aria-busy");
}

// The browser's own check of the visible page; the words beside the field are the server's style.
function pageIsComplete(state) {
  const controls = [...state.pages[state.page].querySelectorAll("input, select, textarea")];
  controls.forEach((one) => one.closest(".lf-block")?.querySelector(".lf-errors")?.remove());
  controls.forEach((one) => one.classList.remove("is-invalid"));
  const wrong = controls.filter((one) => !one.disabled && !one.checkValidity());
  wrong.forEach((one) => mark(one, one.validationMessage));
  wrong[0]?.focus();
  tellHeight();
  return wrong.length === 0;
}

function bodyOf(form) {
  const body = followed();
  for (const [name, value] of new FormData(form)) {
    if (name === "lf_at" || name === "lf_remind" || value instanceof File) continue;
    if (!(name in body)) body[name] = value;
    else body[name] = [].concat(body[name], value);
  }
  return body;
}

// The visit that this answer belongs to, where the visitor agreed to be known again.
function followed() {
  const given = new URL(location.href).searchParams;
  const visitor = given.get("lf_visitor") ?? window.leadflow?.visitor?.();
  return visitor ? { lf_visitor: visitor, lf_visit: given.get("lf_visit") ?? window.leadflow?.visit?.() ?? "" } : {};
}

async function deliver(state, body, attempt) {
  const { form } = state;
  let response;
  try {
    response = await fetch(form.action, {
      method: "POST", credentials: "omit", redirect: "error", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", Accept: "application/json" },
    });
  } catch {
    return later(state, body, attempt);
  }
  if (response.status >= 500 || response.status === 429) return later(state, body, attempt);
  const told = await response.json().catch(() => ({ message: "" }));
  forget(form);
  if (response.ok) return thank(state, told);
  if (told.token) form.elements.token.value = told.token;
  showErrors(state, told);
}

// The server or the network is away: keep the answers and try again with the same id, so that a
// submission that did arrive is not counted twice.
function later(state, body, attempt) {
  keep(state.form, body);
  note(state.form, state.form.dataset.wordsLate, true);
  const wait = RETRY[Math.min(attempt, RETRY.length - 1)];
  return new Promise((done) => setTimeout(() => done(deliver(state, body, attempt + 1)), wait));
}

function thank({ form }, told) {
  const thanks = document.querySelector(".lf-thanks");
  thanks.querySelector("h1").textContent = told.thanks.title;
  thanks.querySelector("p").textContent = told.thanks.text;
  if (told.thanks.place) thanks.querySelector("h1").after(element("p", "lf-place", told.thanks.place));
  if (told.thanks.offer) {
    const line = element("p", "lf-place", `${told.thanks.offer.words} `);
    if (told.thanks.offer.code) line.append(element("b", "lf-code", told.thanks.offer.code));
    thanks.querySelector("h1").after(line);
  }
  showLinks(thanks, told.links ?? []);
  post({ type: "submitted", redirect: told.redirect });
  if (told.redirect && !form.hasAttribute("data-embedded")) {
    window.location.assign(told.redirect);
    return;
  }
  form.hidden = true;
  thanks.hidden = false;
  thanks.focus();
  tellHeight();
}

// What she was promised: her report, files. Only the server makes these addresses.
function showLinks(thanks, links) {
  if (!links.length) return;
  const list = element("ul", "lf-links");
  for (const { label, url } of links) {
    const link = element("a", "", label);
    link.href = url;
    link.target = "_blank";
    link.rel = "noopener";
    const row = element("li", "");
    row.append(link);
    list.append(row);
  }
  thanks.append(list);
}

async function showErrors(state, told) {
  const errors = told.errors ?? {};
  for (const box of state.form.querySelectorAll("[data-slots]")) {
    if (errors[box.dataset.slots]) await freshSlots(state.form, box.dataset.slots);
  }
  showQuestions(state);
  note(state.form, told.message || state.form.dataset.wordsFix);
  for (const [name, lines] of Object.entries(errors)) {
    const control = state.form.querySelector(`[data-file="${CSS.escape(name)}"]`) ?? state.form.elements[name];
    const first = control instanceof RadioNodeList ? control[0] : control;
    if (first) mark(first, lines.join(" "));
  }
  showPage(state, firstWrong(state));
  state.form.querySelector(".is-invalid")?.focus();
}

function mark(control, words) {
  const block = control.closest(".lf-block");
  block?.removeAttribute("data-known"); // what we knew will not do: she is asked after all
  if (block) block.hidden = false;
  control.classList.add("is-invalid");
  control.setAttribute("aria-invalid", "true");
  if (!block || block.querySelector(".lf-errors")) return;
  const box = element("div", "lf-errors");
  box.id = `${control.id}_error`;
  box.append(element("p", "lf-error", words));
  control.setAttribute("aria-describedby", box.id);
  (control.closest("fieldset") ?? control.parentElement).append(box);
}

function note(form, words, waiting = false) {
  const box = form.querySelector(".lf-note");
  box.textContent = words;
  box.hidden = false;
  box.classList.toggle("is-waiting", waiting);
  tellHeight();
}

// --- what could not be sent stays in this browser for a day -----------------------------------------

const slot = (form) => `leadflow:${form.dataset.form}`;

function keep(form, body) {
  try {
    const since = kept(form)?.since ?? Date.now();
    localStorage.setItem(slot(form), JSON.stringify({ since, body }));
  } catch { /* no storage: the page keeps trying while it is open */ }
}

function kept(form) {
  try {
    return JSON.parse(localStorage.getItem(slot(form)) ?? "null");
  } catch {
    return null;
  }
}

function forget(form) {
  try { localStorage.removeItem(slot(form)); } catch { /* nothing was kept */ }
}

function sendKept(state) {
  const waiting = kept(state.form);
  if (!waiting) return;
  if (Date.now() - waiting.since > KEEP_HOURS * 3600 * 1000) return forget(state.form);
  deliver(state, waiting.body, 0);
}

// --- telling ---------------------------------------------------------------------------------------

function post(message) {
  if (window.parent !== window) window.parent.postMessage({ leadflow: 1, ...message }, "*");
}

function tellHeight() {
  post({ type: "height", h: Math.ceil(document.documentElement.offsetHeight) });
}

function tellParent() {
  if (window.parent === window) return;
  new ResizeObserver(tellHeight).observe(document.documentElement);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") post({ type: "escape" }); });
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
