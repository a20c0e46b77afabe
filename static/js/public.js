// A visitor's form: shows and hides questions, walks through pages, sends, and keeps what could not be
// sent. Without this file the form works too: all pages at once, checked by the server.
import { matches } from "./conditions.js";
import { compute, round, shown as inWords } from "./formulas.js";

const KEEP_HOURS = 24;
const RETRY = [2000, 5000, 15000, 60000, 300000];

const form = document.querySelector(".lf-form");
if (form) start(form);

function start(form) {
  const logic = JSON.parse(document.getElementById("lf-logic").textContent);
  const state = { form, logic, pages: [...form.querySelectorAll(".lf-page")], page: 0, begun: false };
  form.addEventListener("input", () => changed(state));
  form.addEventListener("change", () => changed(state));
  form.addEventListener("submit", (event) => submitted(event, state));
  showQuestions(state);
  showPage(state, firstWrong(state));
  tellParent(state);
  if (form.hasAttribute("data-preview")) return;
  report(form, "view");
  sendKept(state);
}

// --- which questions are asked -------------------------------------------------------------------

function changed(state) {
  if (!state.begun && !state.form.hasAttribute("data-preview")) report(state.form, "start");
  state.begun = true;
  showQuestions(state);
}

// Walks down as the server does: a rule sees only answers above it that are themselves shown.
function showQuestions(state) {
  const record = {};
  const { fields, formulas } = state.logic;
  for (const block of state.form.querySelectorAll(".lf-block")) {
    const rule = block.dataset.showWhen;
    const shown = !rule || matches(JSON.parse(rule), record, { fields });
    block.hidden = !shown;
    for (const control of block.querySelectorAll("input, select, textarea")) control.disabled = !shown;
    if (!shown) continue;
    const formula = formulas[block.dataset.block];
    Object.assign(record, formula ? workedOut(formula, record, state.logic) : valuesOf(block, fields));
  }
  showValues(state, record);
  tellHeight();
}

// A calculation as the server does it again when the form is sent.
function workedOut({ name, tree, gives, decimals }, record, { points, today }) {
  const value = compute(tree, { answers: record, points, today });
  if (gives === "text") return { [name]: typeof value === "string" && value ? value : null };
  return { [name]: typeof value === "number" ? round(value, decimals) : null };
}

function showValues({ form, logic }, record) {
  const places = Object.fromEntries(Object.values(logic.formulas).map((one) => [one.name, one.decimals]));
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
  const controls = [...block.querySelectorAll("input, select, textarea")];
  const name = controls[0]?.name;
  if (!name || !logic[name]) return {};
  return { [name]: valueOf(controls, logic[name].type) };
}

function valueOf(controls, type) {
  const first = controls[0];
  if (first.type === "checkbox" && type === "boolean") return first.checked;
  if (first.type === "checkbox") return controls.filter((one) => one.checked).map((one) => one.value);
  const given = first.type === "radio" ? controls.find((one) => one.checked)?.value : first.value.trim();
  if (given === undefined || given === "") return null;
  if (type === "boolean") return given === "yes";
  return type === "number" ? Number(given) : given;
}

// --- pages ---------------------------------------------------------------------------------------

function firstWrong(state) {
  const place = state.pages.findIndex((page) => page.querySelector(".is-invalid"));
  return Math.max(place, 0);
}

function showPage(state, number) {
  state.page = number;
  state.pages.forEach((page, place) => { page.hidden = place !== number; });
  drawSteps(state);
  drawActs(state);
  tellHeight();
}

function drawSteps({ form, pages, page }) {
  const steps = form.querySelector(".lf-steps");
  if (pages.length < 2) return;
  const bar = element("div", "lf-steps-bar");
  pages.forEach((_page, place) => bar.append(element("i", place <= page ? "is-done" : "")));
  const words = form.dataset.wordsStep.replace("{n}", page + 1).replace("{all}", pages.length);
  steps.replaceChildren(bar, element("span", "", words));
  steps.hidden = false;
}

function drawActs(state) {
  const { form, pages, page } = state;
  const send = form.querySelector(".lf-send");
  send.dataset.label ??= send.textContent;
  send.textContent = page < pages.length - 1 ? form.dataset.wordsNext : send.dataset.label;
  form.querySelector(".lf-back")?.remove();
  if (page === 0) return;
  const back = element("button", "lf-back", form.dataset.wordsBack);
  back.type = "button";
  back.addEventListener("click", () => { showPage(state, page - 1); focusFirst(state); });
  send.after(back);
}

function focusFirst(state) {
  state.pages[state.page].querySelector(":is(input, select, textarea):not([disabled])")?.focus();
}

// --- sending -------------------------------------------------------------------------------------

async function submitted(event, state) {
  event.preventDefault();
  if (state.form.hasAttribute("data-preview") && state.page === state.pages.length - 1) return;
  if (!pageIsComplete(state)) return;
  if (state.page < state.pages.length - 1) {
    showPage(state, state.page + 1);
    focusFirst(state);
    return;
  }
  const send = state.form.querySelector(".lf-send");
  if (send.getAttribute("aria-busy") === "true") return;
  send.setAttribute("aria-busy", "true");
  await deliver(state, bodyOf(state.form), 0);
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
  const body = {};
  for (const [name, value] of new FormData(form)) {
    if (!(name in body)) body[name] = value;
    else body[name] = [].concat(body[name], value);
  }
  return body;
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

function showErrors(state, told) {
  const errors = told.errors ?? {};
  note(state.form, told.message || state.form.dataset.wordsFix);
  for (const [name, lines] of Object.entries(errors)) {
    const control = state.form.elements[name];
    const first = control instanceof RadioNodeList ? control[0] : control;
    if (first) mark(first, lines.join(" "));
  }
  showPage(state, firstWrong(state));
  state.form.querySelector(".is-invalid")?.focus();
}

function mark(control, words) {
  const block = control.closest(".lf-block");
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

function report(form, what) {
  const url = new URL(`/f/${form.dataset.form}/seen/?what=${what}`, location.origin);
  fetch(url, { method: "POST", credentials: "omit", keepalive: true }).catch(() => {});
}

function post(message) {
  if (window.parent !== window) window.parent.postMessage({ leadflow: 1, ...message }, "*");
}

function tellHeight() {
  post({ type: "height", h: Math.ceil(document.documentElement.offsetHeight) });
}

function tellParent() {
  if (window.parent === window) return;
  new ResizeObserver(tellHeight).observe(document.documentElement);
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
