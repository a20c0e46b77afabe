// The keyboard: Ctrl K always; single keys only while nobody types, no dialog is open and they are switched on.
// A control with data-key="N" is pressed by N; a link with data-go="l" is followed by G then L.
import { tinykeys } from "../vendor/tinykeys/tinykeys.module.js";
import { openPalette } from "./palette.js";
import { tableKey } from "./tables.js";

const PATIENCE = 1000;
let waitingForPlace = 0;

export function initKeys() {
  tinykeys(window, {
    "$mod+K": (event) => { event.preventDefault(); openPalette(); },
  });
  listPageKeys();
  if (document.body.dataset.singleKeys === "off") return;
  window.addEventListener("keydown", onSingleKey);
}

function onSingleKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) || document.querySelector("dialog[open], details[data-menu][open]")) return;
  const key = event.key;
  if (Date.now() < waitingForPlace) {
    waitingForPlace = 0;
    follow(document.querySelector(`[data-go="${CSS.escape(key.toLowerCase())}"]`), event);
  } else if (key === "?") {
    follow(document.querySelector("[data-open=lf-keys]"), event);
  } else if (key === "/") {
    focusFilter(event);
  } else if (!tableKey(event)) {
    const control = document.querySelector(`[data-key="${CSS.escape(key.toUpperCase())}"]:not([disabled])`);
    if (control) follow(control, event);
    else if (key === "g") waitingForPlace = Date.now() + PATIENCE;
  }
}

function isTyping(target) {
  return target instanceof Element && target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable], [contenteditable] *, trix-editor");
}

function focusFilter(event) {
  const field = document.querySelector("[data-filter-input]");
  if (!field) return openOnSlash(event);
  field.focus();
  event.preventDefault();
}

function openOnSlash(event) {
  event.preventDefault();
  openPalette();
}

function follow(control, event) {
  if (!control) return;
  event.preventDefault();
  if (control.matches("input, textarea, select")) control.focus();
  else control.click();
}

// the page's own keys, read from the page itself, stand in the sheet
function listPageKeys() {
  const list = document.querySelector("[data-page-keys]");
  if (!list) return;
  const seen = new Set();
  document.querySelectorAll("[data-key]").forEach((control) => {
    if (seen.has(control.dataset.key)) return;
    seen.add(control.dataset.key);
    list.append(line(control.dataset.key, words(control)));
  });
  if (!seen.size) list.append(line("", list.dataset.none));
}

function line(key, text) {
  const row = document.createElement("div");
  const dt = document.createElement("dt");
  const dd = document.createElement("dd");
  if (key) {
    const kbd = document.createElement("kbd");
    kbd.className = "lf-key";
    kbd.textContent = key;
    dt.append(kbd);
  }
  dd.textContent = text;
  row.append(dt, dd);
  return row;
}

function words(control) {
  if (control.ariaLabel) return control.ariaLabel;
  const copy = control.cloneNode(true);
  copy.querySelectorAll("kbd, svg").forEach((part) => part.remove());
  return copy.textContent.trim();
}
