// One line at the bottom left; ten seconds, resting while pointed at or focused. Server: HX-Trigger lf:toast.
const LIFE = 10_000;

export function initToasts() {
  document.addEventListener("lf:toast", (event) => toast(event.detail.text, { undo: event.detail.undo }));
  document.addEventListener("htmx:sendError", () => toast(words("offline"), { bad: true }));
  document.addEventListener("htmx:responseError", ({ detail }) => {
    toast(words(detail.xhr.status === 503 ? "away" : "broken"), { bad: true });
  });
  box()?.querySelectorAll("[data-toast]").forEach(live);
}

export function toast(text, { undo = "", bad = false } = {}) {
  const template = document.getElementById("lf-toast-template");
  const shown = template.content.firstElementChild.cloneNode(true);
  shown.querySelector("span").textContent = text;
  shown.classList.toggle("lf-toast-bad", bad);
  const form = shown.querySelector("form");
  if (undo) {
    form.action = undo;
    form.hidden = false;
  } else {
    form.remove();
  }
  box().append(shown);
  live(shown);
}

function live(shown) {
  let timer;
  const start = () => { timer = setTimeout(() => shown.remove(), LIFE); };
  const rest = () => clearTimeout(timer);
  shown.addEventListener("pointerenter", rest);
  shown.addEventListener("focusin", rest);
  shown.addEventListener("pointerleave", start);
  shown.addEventListener("focusout", start);
  start();
}

const box = () => document.getElementById("lf-toasts");
const words = (key) => box().dataset[key];
