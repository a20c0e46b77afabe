// My day: one row at a time is opened and worked in place; after each the next one opens by itself.
// Markup: templates/desk/my_day.html. The server says `lf:queue` when something was done: the rows are read anew.
// While nothing is open the rows follow the server; while somebody works on one, a line offers the change instead.
const POLL = 10000;

const queue = () => document.getElementById("lf-queue");
const rows = () => [...document.querySelectorAll("[data-queue-row]")];
const openRow = () => document.querySelector(".lf-qopen[data-queue-row]");

let place = 0; // where the row stood that was worked last
let glance = false; // whether the rows are read because time passed, and not because something was done

function close() {
  const row = openRow();
  if (!row) return;
  row.querySelector("[data-queue-panel]")?.remove();
  row.classList.remove("lf-qopen");
  row.querySelector("[data-row-link]")?.setAttribute("aria-expanded", "false");
}

async function open(row) {
  const link = row?.querySelector("[data-queue-open]");
  if (!link) return;
  const same = row === openRow();
  close();
  if (same) return;
  row.classList.add("lf-qopen");
  rows().forEach((one) => one.removeAttribute("data-cursor"));
  row.setAttribute("data-cursor", "");
  row.querySelector("[data-row-link]")?.setAttribute("aria-expanded", "true");
  await window.htmx.ajax("GET", link.dataset.queueOpen, { source: row, target: row, swap: "beforeend" });
  row.scrollIntoView({ block: "nearest" });
  row.querySelector("[data-row-link]")?.focus({ preventScroll: true });
}

// The rows as they stand now; afterwards the one at `place` opens when the queue is being worked.
async function read({ next = false, quietly = false } = {}) {
  const now = queue();
  if (!now) return;
  const url = `${now.dataset.url}${quietly ? `?seen=${now.dataset.queue}` : ""}`;
  glance = quietly;
  await window.htmx.ajax("GET", url, { source: now, target: now, swap: "outerHTML" });
  glance = false;
  count();
  if (next) open(rows()[Math.min(place, rows().length - 1)]);
}

function count() {
  const word = document.querySelector("[data-queue-count]");
  if (word && queue()) word.textContent = queue().dataset.count;
}

async function poll() {
  const now = queue();
  if (!now || document.hidden || document.querySelector("dialog[open]")) return;
  if (!openRow()) return read({ quietly: true });
  const answer = await fetch(`${now.dataset.url}?seen=${now.dataset.queue}`, { headers: { "HX-Request": "true" } });
  if (answer.status === 200) now.querySelector("[data-queue-news]").hidden = false;
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest("[data-queue-open]");
  if (link) {
    event.preventDefault();
    open(link.closest("[data-queue-row]"));
  }
  if (event.target.closest("[data-queue-begin]")) open(rows()[0]);
  if (event.target.closest("[data-queue-refresh]")) read();
  if (event.target.closest("[data-queue-skip]")) read({ next: true });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && openRow() && !document.querySelector("dialog[open]")) close();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.target.closest?.("[data-queue-row]");
  if (row && event.detail.requestConfig.verb === "post") place = rows().indexOf(row);
});

// A row may have opened while the rows were read: it stays.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (glance && event.detail.target === queue() && openRow()) event.detail.shouldSwap = false;
});

// The tick of a row that is closed: what comes next is asked in the row, as where it was worked open.
document.addEventListener("htmx:afterSwap", (event) => {
  const row = event.detail.target.closest?.("[data-queue-row]");
  const panels = [...(row?.querySelectorAll("[data-queue-panel]") ?? [])];
  if (!panels.at(-1)?.hasAttribute("data-queue-planning")) return;
  panels.slice(0, -1).forEach((one) => one.remove());
  if (row !== openRow()) close();
  row.classList.add("lf-qopen");
});

document.addEventListener("lf:queue", () => read({ next: Boolean(openRow()) }));
document.addEventListener("visibilitychange", poll);
setInterval(poll, POLL);
