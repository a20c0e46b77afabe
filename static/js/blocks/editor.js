// The block editor: palette, canvas, preview and properties around one document.
import { drawCanvas, makePaletteDraggable } from "./canvas.js";
import { el, prepare, say } from "./dom.js";
import { drawPalette } from "./palette.js";
import { drawProperties } from "./properties.js";
import { Saving } from "./saving.js";
import { Store } from "./store.js";

const root = document.querySelector("[data-editor]");
if (root) start(root, JSON.parse(document.getElementById("lf-editor-data").textContent));

function start(root, data) {
  prepare(data.urls.icons, data.words, data.rules);
  const store = new Store(data.set, data.content);
  const saving = new Saving(store, data, root);
  const act = actions(root, store, saving, data.can_edit);
  drawPalette(root, store, act.add);
  drawCanvas(root, store, act);
  drawProperties(root, store, act);
  if (data.can_edit) makePaletteDraggable(root);
  undoAndRedo(store);
  preview(root);
  publishing(root, store, saving);
  saving.onSaved = () => {
    store.tell("problems");
    tellProblems(root, store, saving);
    root.dispatchEvent(new Event("draft-saved"));
  };
  tellProblems(root, store, saving);
  root.dataset.ready = "1";
}

function actions(root, store, saving, canEdit) {
  const live = root.querySelector("[data-announce]");
  const tell = (text) => { live.textContent = text; };
  const name = (id) => store.kind(store.find(id).block).label;
  const focus = (id) => { if (id) root.querySelector(`[data-canvas] [data-id="${CSS.escape(id)}"]`)?.focus(); };
  return {
    canEdit,
    problems: () => saving.problems,
    add(starter, pageAt = null, at = null) {
      if (!canEdit || (!starter.blocks?.length && store.isSpent(starter.type))) return;
      const id = store.add(starter, pageAt, at);
      if (!id) return;
      tell(say("added", { block: starter.label, n: store.place(id) }));
      root.querySelector(`[data-block="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
    },
    nudge(id, step) {
      if (!store.nudge(id, step)) return;
      focus(id);
      tell(say("moved", { block: name(id), n: store.place(id), all: store.all().length }));
    },
    copy(id) {
      const made = store.copy(id);
      if (made) tell(say("copied", { block: name(made) }));
      focus(made);
    },
    remove(id) {
      const block = name(id);
      store.remove(id);
      tell(say("deleted", { block }));
      focus(store.selected);
    },
    edit(id) {
      store.select(id);
      root.querySelector("[data-properties] :is(input, textarea, select)")?.focus();
    },
  };
}

// --- undo ------------------------------------------------------------------------------------------

function undoAndRedo(store) {
  const undo = document.querySelector("[data-undo]");
  const redo = document.querySelector("[data-redo]");
  undo.addEventListener("click", () => store.undo());
  redo.addEventListener("click", () => store.redo());
  const refresh = () => { undo.disabled = !store.past.length; redo.disabled = !store.future.length; };
  store.addEventListener("change", refresh);
  refresh();
  window.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches("[data-find-block]")) return;
    const key = event.key.toLowerCase();
    const isBack = key === "z" && !event.shiftKey;
    if (!isBack && key !== "y" && !(key === "z" && event.shiftKey)) return;
    event.preventDefault();
    if (isBack) store.undo();
    else store.redo();
  });
}

// --- preview ---------------------------------------------------------------------------------------

function preview(root) {
  const frame = root.querySelector("[data-preview-frame]");
  const buttons = [...document.querySelectorAll("[data-preview-as]")];
  const toggle = document.querySelector("[data-preview-toggle]");
  const show = (how) => {
    root.dataset.preview = how;
    buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.previewAs === how)));
  };
  buttons.forEach((one) => one.addEventListener("click", () => {
    toggle.checked = true;
    show(one.dataset.previewAs);
  }));
  if (window.matchMedia("(max-width: 1399.98px)").matches) {
    toggle.checked = false;
    show("off");
  }
  toggle.addEventListener("change", () => show(toggle.checked ? "phone" : "off"));
  root.addEventListener("draft-saved", () => { if (root.dataset.preview !== "off") frame.src = frame.src; });
}

// --- publishing ------------------------------------------------------------------------------------

function publishing(root, store, saving) {
  const form = document.querySelector("[data-publish]");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(await saving.flush())) return;
    if (saving.problems.length) {
      goTo(root, store, saving.problems[0]);
      return;
    }
    form.elements.revision.value = saving.revision;
    form.submit(); // past this listener; requestSubmit would be ignored inside it
  });
}

function tellProblems(root, store, saving) {
  const strip = root.querySelector("[data-problems]");
  const { problems } = saving;
  strip.hidden = problems.length === 0;
  if (strip.hidden) return;
  const text = problems.length === 1 ? say("fix_one") : say("fix_many", { n: problems.length });
  strip.replaceChildren(el("b", {}, text), el("ul", {}, problems.slice(0, 8).map((one) => el("li", {}, el("button", { type: "button", className: "lf-bk-link", onclick: () => goTo(root, store, one) }, where(store, one))))));
}

function where(store, problem) {
  const here = store.find(problem.block);
  const page = store.page(problem.block);
  if (page) return `${say("page_n", { n: page.at + 1 })}: ${problem.message}`;
  return here ? `${store.kind(here.block).label}, ${store.title(here.block)}: ${problem.message}` : problem.message;
}

function goTo(root, store, problem) {
  const isKnown = problem.block && (store.find(problem.block) || store.page(problem.block));
  store.select(isKnown ? problem.block : null);
  root.querySelector(`[data-block="${CSS.escape(problem.block)}"], [data-page-id="${CSS.escape(problem.block)}"]`)?.scrollIntoView({ block: "center" });
  root.querySelector("[data-properties] [aria-invalid]")?.focus();
}
