// What every page needs: dialogs, menus, toasts with undo, the command palette, keys.
// Everything works by delegation on the document, so fragments that htmx brings need no set-up.
import { initFrames } from "./frames.js";
import { initInplace } from "./inplace.js";
import { initKeys } from "./keys.js";
import { initNav } from "./nav.js";
import { initPalette } from "./palette.js";
import { initTables } from "./tables.js";
import { initToasts, toast } from "./toasts.js";

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog) return;
  document.querySelectorAll("dialog[open]").forEach((other) => other.close());
  dialog.showModal();
  dialog.querySelector("[autofocus], input:not([type=hidden])")?.focus();
}

function onClick(event) {
  const opener = event.target.closest("[data-open]");
  if (opener) return openDialog(opener.dataset.open);
  const closer = event.target.closest("[data-close]");
  if (closer) return closer.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement && !event.target.hasAttribute("data-keep")) closeIfOutside(event);
  const show = event.target.closest("[data-show-password]");
  if (show) showPassword(show);
  closeMenus(event.target);
}

function closeIfOutside(event) {
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
}

function closeMenus(target) {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    const picked = target.closest("a.lf-menu-item, button.lf-menu-item");
    if (!menu.contains(target) || (picked && menu.contains(picked))) menu.open = false;
  });
}

function onMenuKey(event) {
  const menu = event.target.closest("details[data-menu][open]");
  if (!menu) return;
  const items = [...menu.querySelectorAll(".lf-menu-panel :is(a, button, input, select)")];
  const here = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  } else if (step && items.length && !event.target.matches("input, select")) {
    items[(here + step + items.length) % items.length].focus();
    event.preventDefault();
  }
}

function showPassword(button) {
  const field = document.getElementById(button.dataset.showPassword);
  const hidden = field.type === "password";
  field.type = hidden ? "text" : "password";
  button.setAttribute("aria-pressed", String(hidden));
}

function submitOnChange(event) {
  const form = event.target.closest("[data-submit-on-change]");
  if (form) form.requestSubmit();
}

document.addEventListener("click", onClick);
document.addEventListener("keydown", onMenuKey, true);
document.addEventListener("change", submitOnChange);
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (menu.open && menu.matches?.("details[data-menu]")) menu.querySelector(".lf-menu-panel :is(a, button, input)")?.focus();
}, true);
document.addEventListener("lf:close-dialog", () => document.querySelectorAll("dialog[open]").forEach((d) => d.close()));
document.addEventListener("lf:open-dialog", (event) => openDialog(event.detail.id ?? event.detail.value));
document.querySelectorAll("dialog[data-open-now]").forEach((dialog) => openDialog(dialog.id));

// The palette leads to a page and to one of its dialogs: /forms/#lf-new-form.
function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (named?.matches("dialog:not([open])")) openDialog(named.id);
}
openNamed();

// On a phone the tab in use may stand out of sight; it is brought in beside the one before it.
document.querySelectorAll(".lf-tabs").forEach((tabs) => {
  const current = tabs.querySelector("[aria-current]");
  if (current) tabs.scrollLeft = current.offsetLeft - tabs.offsetLeft - 64;
});
addEventListener("hashchange", openNamed);

initToasts();
initPalette();
initTables();
initFrames();
initInplace();
initKeys();
initNav();

window.leadflow = Object.freeze({ toast, openDialog });
