// What the parts of the sequence builder share: where things are on the page, and a word to who listens.

export const work = () => document.getElementById("lf-flow-work");
export const tree = () => document.getElementById("lf-flow-tree");
export const sheet = () => tree().querySelector(".lf-flow-sheet");
export const cards = () => [...tree().querySelectorAll("[data-step]")];
export const cardOf = (id) => document.getElementById(`step-${id}`);
export const isPhone = () => matchMedia("(max-width: 767.98px)").matches;
export const canEdit = () => Boolean(work().dataset.canEdit);

// Where the focus goes after the next swap: "card", "pane" or nothing.
let wanted = "";

export function wantFocus(where) {
  wanted = where;
}

export function takeWanted() {
  const where = wanted;
  wanted = "";
  return where;
}

export function send(url, values) {
  const view = work().dataset.view;
  return window.htmx.ajax("POST", url, { target: "#lf-flow-work", swap: "outerHTML", values: { view, ...values }, source: work() });
}

// What is said of a step is done by the address of the step.
export const urlOf = (card, verb) => work().dataset.stepUrl.replace("STEP", card.dataset.step) + verb;

// The tree was drawn anew: whoever works on its boxes begins again with the new ones.
export const drawn = () => document.dispatchEvent(new CustomEvent("lf:flow-drawn"));
