// Days of the calendar: an entry that names where it moves is dragged to another day, or taken there by Alt with the
// arrow keys. The server answers with a toast, and the page is read again, so what is shown is what is stored.
const calendar = () => document.querySelector("[data-calendar]");
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

function start() {
  if (!calendar() || !window.Sortable) return;
  calendar().querySelectorAll("[data-day]").forEach((day) => window.Sortable.create(day, {
    group: "days", draggable: "[data-move]", sort: false, animation: 120, delay: 160, delayOnTouchOnly: true,
    onEnd: ({ item, from, to }) => { if (from !== to) move(item, to); },
  }));
}

async function move(entry, day) {
  const on = day.dataset.day;
  const values = { ...JSON.parse(entry.dataset.fields), on, at: `${on}T${entry.dataset.time || "09:00"}` };
  await window.htmx.ajax("POST", entry.dataset.move, { source: entry, target: entry, swap: "none", values });
  await read(entry.querySelector("a")?.getAttribute("href"));
}

async function read(focus) {
  const now = calendar();
  now.querySelectorAll("[style]").forEach((one) => one.removeAttribute("style"));
  await window.htmx.ajax("GET", now.dataset.here, { source: now, target: now, select: "[data-calendar]", swap: "outerHTML" });
  start();
  if (focus) calendar().querySelector(`.lf-calendar a[href="${CSS.escape(focus)}"]`)?.focus();
}

function onKey(event) {
  const entry = event.altKey && event.key in KEYS ? event.target.closest?.("[data-move]") : null;
  if (!entry) return;
  event.preventDefault();
  const days = [...calendar().querySelectorAll("[data-day]")];
  const to = days[days.indexOf(entry.closest("[data-day]")) + KEYS[event.key]];
  if (to) move(entry, to);
}

// The toast's "Undo" without leaving the page.
async function onSubmit(event) {
  const form = event.target.closest("[data-toast] form");
  if (!form) return;
  event.preventDefault();
  form.closest("[data-toast]").remove();
  await window.htmx.ajax("POST", form.getAttribute("action"), { source: calendar(), target: calendar(), swap: "none" });
  await read();
}

document.addEventListener("keydown", onKey);
document.addEventListener("submit", onSubmit);
start();
