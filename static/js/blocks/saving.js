// The draft saves itself a moment after each change. Somebody else's newer draft is never overwritten
// without asking; a network that is away is tried again.
import { el, say } from "./dom.js";

// plain English writes days as the server does: 22 Nov
const READS = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang || undefined;
const PAUSE = 700;
const RETRY = 4000;

export class Saving {
  constructor(store, data, root) {
    this.store = store;
    this.url = data.urls.draft;
    this.csrf = data.csrf;
    this.revision = data.revision;
    this.problems = data.problems;
    this.saved = store.content;
    this.root = root;
    this.note = document.querySelector("[data-draft-state]");
    this.onSaved = () => {};
    store.addEventListener("change", () => this.soon());
    window.addEventListener("beforeunload", (event) => { if (this.isDirty) { this.flush(); event.preventDefault(); } });
    if (data.saved_at) this.tellSaved(data.saved_at);
  }

  get isDirty() { return this.saved !== this.store.content; }

  soon(wait = PAUSE) {
    clearTimeout(this.timer);
    if (this.isStopped) return;
    this.timer = setTimeout(() => this.flush(), wait);
  }

  // Resolves to true when the server has what the person sees.
  async flush() {
    clearTimeout(this.timer);
    if (this.running) await this.running;
    if (this.isStopped || !this.isDirty) return !this.isStopped;
    this.running = this.send();
    try {
      return await this.running;
    } finally {
      this.running = null;
    }
  }

  async send() {
    const content = this.store.content;
    this.tell(say("saving"));
    let response;
    let told;
    try {
      response = await fetch(this.url, {
        method: "POST", keepalive: JSON.stringify(content).length < 60000,
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
        body: JSON.stringify({ content, revision: this.revision }),
      });
      told = await response.json();
    } catch {
      this.tell(say("not_saved"), true);
      this.soon(RETRY);
      return false;
    }
    if (response.ok) return this.taken(content, told);
    if (response.status === 409) return this.conflict(told);
    this.tell(told.message ?? say("not_saved"), true);
    return false;
  }

  taken(content, told) {
    this.saved = content;
    this.revision = told.revision;
    this.problems = told.problems;
    this.tellSaved(told.saved_at);
    this.onSaved();
    if (this.isDirty) this.soon();
    return true;
  }

  conflict(told) {
    this.isStopped = true;
    this.tell(say("not_saved").split(".")[0], true);
    const strip = this.root.querySelector("[data-conflict]");
    const when = told.when ? ` ${clock(told.when)}.` : "";
    const keep = () => {
      this.revision = told.revision;
      this.isStopped = false;
      strip.hidden = true;
      this.flush();
    };
    // Theirs becomes one more change here, so that Undo brings back what would be lost.
    const theirs = () => {
      this.revision = told.revision;
      this.isStopped = false;
      strip.hidden = true;
      this.store.take(told.content);
      this.saved = this.store.content;
      clearTimeout(this.timer);
      this.tellSaved(told.when);
      this.onSaved();
    };
    strip.replaceChildren(
      el("div", {}, el("b", {}, `${told.message}${when}`), el("p", {}, say("conflict_note"))),
      el("div", { className: "lf-strip-acts" },
        el("button", { type: "button", className: "lf-btn lf-btn-small", onclick: theirs }, say("conflict_theirs")),
        el("button", { type: "button", className: "lf-btn lf-btn-small", onclick: keep }, say("conflict_mine"))));
    strip.hidden = false;
    return false;
  }

  tell(text, bad = false) {
    this.note.textContent = text;
    this.note.classList.toggle("lf-bad", bad);
  }

  tellSaved(iso) { this.tell(say("saved", { time: clock(iso) })); }
}

function clock(iso) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  const style = today ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return at.toLocaleString(READS, style);
}
