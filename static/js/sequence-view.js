// How the steps are looked at: as a list on a phone, larger and smaller, all at once, with the palette beside them.
import { canEdit, cards, isPhone, sheet, tree, work } from "./sequence-dom.js";

const ZOOMS = [33, 50, 67, 80, 100, 125];
const SMALLEST_TO_READ = 67;
const DOCK = "lf-flow-dock";
const zoomKey = () => `lf-flow-zoom:${location.pathname}`;

export function asList() {
  if (isPhone()) work().classList.add("lf-flow-as-list");
}

const isList = () => work().classList.contains("lf-flow-as-list");

// What is wider than the screen begins in its middle, or with the chosen step in sight.
function centre() {
  const box = tree();
  box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
  box.querySelector("[aria-current][data-step]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// --- larger and smaller ------------------------------------------------------------------------------------

let usual = 100;
const zoomNow = () => Number(sessionStorage.getItem(zoomKey())) || usual;

// Ways that lie side by side are all in sight at first, as long as their words can be read.
function beginWide() {
  if (isList()) return;
  show(100);
  const share = (tree().clientWidth / (sheet().offsetWidth + 48)) * 100;
  usual = ZOOMS.findLast((one) => one <= Math.min(share, 100) && one >= SMALLEST_TO_READ) ?? SMALLEST_TO_READ;
}

function show(zoom) {
  sheet().classList.remove(...ZOOMS.map((one) => `lf-zoom-${one}`));
  sheet().classList.add(`lf-zoom-${isList() ? 100 : zoom}`);
  const told = work().querySelector("[data-zoom-now]");
  if (!told) return;
  told.textContent = `${zoom} %`;
  work().querySelector("[data-zoom=out]").disabled = zoom === ZOOMS[0];
  work().querySelector("[data-zoom=in]").disabled = zoom === ZOOMS.at(-1);
}

function zoomTo(zoom) {
  const box = tree();
  const middle = (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth;
  sessionStorage.setItem(zoomKey(), String(zoom));
  show(zoom);
  box.scrollLeft = middle * box.scrollWidth - box.clientWidth / 2;
}

function zoom(how) {
  if (isList()) return;
  const at = ZOOMS.indexOf(zoomNow());
  if (how === "fit") fit();
  else zoomTo(how === "same" ? 100 : ZOOMS[Math.max(0, Math.min(at + (how === "in" ? 1 : -1), ZOOMS.length - 1))]);
}

// The largest at which all steps are in sight; the smallest where even that is not enough.
function fit() {
  const box = tree();
  show(100);
  const inside = box.clientHeight - 2 * parseFloat(getComputedStyle(box).paddingTop);
  const share = Math.min(box.clientWidth / (sheet().offsetWidth + 48), inside / sheet().offsetHeight, 1) * 100;
  zoomTo(ZOOMS.findLast((one) => one <= share) ?? ZOOMS[0]);
  box.scrollTop = 0;
  centre();
}

const ZOOM_KEYS = { "+": "in", "=": "in", "-": "out", 0: "same", f: "fit" };

function onKey(event) {
  const how = ZOOM_KEYS[event.key.toLowerCase()];
  if (!how || event.ctrlKey || event.metaKey || event.altKey || isList() || document.body.dataset.singleKeys === "off") return;
  if (!event.target.closest?.("#lf-flow-tree")) return;
  event.preventDefault();
  zoom(how);
}

// --- the palette beside the steps ----------------------------------------------------------------------------

const isDocked = () => localStorage.getItem(DOCK) === "1";

function showDock() {
  const dock = work().querySelector(".lf-flow-dock");
  if (!dock) return;
  dock.hidden = !isDocked();
  work().classList.toggle("has-dock", isDocked());
  work().querySelector("[data-dock]").setAttribute("aria-expanded", String(isDocked()));
}

function toggleDock() {
  localStorage.setItem(DOCK, isDocked() ? "0" : "1");
  showDock();
  if (isDocked()) work().querySelector(".lf-flow-dock button").focus();
}

function onClick(event) {
  const button = event.target.closest("[data-zoom]");
  if (button) zoom(button.dataset.zoom);
  if (event.target.closest("[data-dock]")) toggleDock();
}

// --- ---------------------------------------------------------------------------------------------------------

export function look() {
  asList();
  show(zoomNow());
  if (canEdit()) showDock();
}

export function startLooking() {
  asList();
  beginWide();
  look();
  centre();
  document.addEventListener("lf:flow-drawn", look);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
}

export const firstCard = () => tree().querySelector("[aria-current][data-step]") ?? cards()[0] ?? tree();
