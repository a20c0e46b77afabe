// The document being edited: every change goes through here, so each can be undone and is saved.
import { newId, slug } from "./dom.js";

const DEPTH = 200;
const MERGE_MS = 1200;

export class Store extends EventTarget {
  constructor(set, content) {
    super();
    this.set = set;
    this.content = content;
    this.past = [];
    this.future = [];
    this.selected = null;
    this.last = { key: "", at: 0 };
    this.made = new Map(); // of each block that was added here: the names that it was given by itself
  }

  // `key` names what is being typed into: keystrokes in one field are one step back.
  change(edit, key = "") {
    const before = this.content;
    const next = structuredClone(before);
    if (edit(next) === false) return;
    const at = Date.now();
    const goesOn = key && key === this.last.key && at - this.last.at < MERGE_MS;
    if (!goesOn) this.past = [...this.past.slice(1 - DEPTH), before];
    this.last = { key, at };
    this.future = [];
    this.content = next;
    this.tell("change", { key });
  }

  // Somebody else's document, as one step that can be undone.
  take(content) {
    this.change((next) => { Object.assign(next, structuredClone(content)); });
    if (!this.find(this.selected) && !this.page(this.selected)) this.select(null);
  }

  undo() { this.step(this.past, this.future); }
  redo() { this.step(this.future, this.past); }

  step(from, to) {
    if (!from.length) return;
    to.push(this.content);
    this.content = from.pop();
    this.last = { key: "", at: 0 };
    if (!this.find(this.selected) && !this.page(this.selected)) this.selected = null;
    this.tell("change", { key: "" });
    this.tell("select");
  }

  tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  select(id) {
    if (this.selected === id) return;
    this.selected = id;
    this.tell("select");
  }

  // --- reading ---

  all() {
    return this.content.pages.flatMap((page) => page.blocks);
  }

  find(id, content = this.content) {
    for (const [pageAt, page] of content.pages.entries()) {
      const at = page.blocks.findIndex((block) => block.id === id);
      if (at >= 0) return { page, pageAt, at, block: page.blocks[at] };
    }
    return null;
  }

  place(id) {
    return this.all().findIndex((block) => block.id === id) + 1;
  }

  kind(block) {
    return this.set.types[block.type];
  }

  title(block) {
    return block.props.label || block.props.text || this.kind(block).label;
  }

  // The page of that id, with its place; pages are selected as blocks are.
  page(id) {
    const at = this.content.pages.findIndex((page) => page.id === id);
    return at < 0 ? null : { page: this.content.pages[at], at };
  }

  // Questions that a rule may ask about: above a block, above a page, `through` the end of a page, or all.
  askable(id, through = false) {
    const found = [...(this.set.given ?? [])];
    for (const page of this.content.pages) {
      if (page.id === id && !through) return found;
      for (const block of page.blocks) {
        if (block.id === id) return found;
        const asked = this.asked(block);
        if (asked) found.push(asked);
      }
      if (page.id === id) return found;
    }
    return found;
  }

  asked(block) {
    const kind = this.kind(block);
    if (!kind.logic || !block.props.name) return null;
    let logic = kind.logic === "choice" && block.props.is_multiple ? "choices" : kind.logic;
    if (block.props.gives === "text") logic = "text";
    return { name: block.props.name, label: this.title(block), logic, options: block.props.options ?? [] };
  }

  isSpent(type) {
    return this.set.types[type].once && this.all().some((block) => block.type === type);
  }

  // --- writing ---

  // A group of blocks that the team shares: copies with ids of their own.
  addAll(starter, pageAt, at) {
    const wanted = starter.blocks.filter((block) => this.set.types[block.type] && !this.isSpent(block.type));
    if (!wanted.length) return null;
    const made = wanted.map((block) => ({ id: newId(), type: block.type, props: { ...structuredClone(this.set.types[block.type].defaults), ...structuredClone(block.props) } }));
    this.change((next) => {
      const spot = this.spot(next, pageAt, at);
      next.pages[spot.pageAt].blocks.splice(spot.at, 0, ...made);
    });
    this.select(made[0].id);
    return made[0].id;
  }

  add(starter, pageAt = null, at = null) {
    if (starter.blocks?.length) return this.addAll(starter, pageAt, at);
    const id = newId();
    const props = { ...structuredClone(this.set.types[starter.type].defaults), ...structuredClone(starter.props) };
    const isNamed = Boolean(props.name);
    this.change((next) => {
      const spot = this.spot(next, pageAt, at);
      if ("name" in props) props.name = this.freeName(next, props.name || slug(props.label || "") || starter.type);
      if ("label" in props && !props.label) props.label = starter.label;
      next.pages[spot.pageAt].blocks.splice(spot.at, 0, { id, type: starter.type, props });
    });
    if ("name" in props && !isNamed) this.made.set(id, new Set([props.name]));
    this.select(id);
    return id;
  }

  spot(content, pageAt, at) {
    if (pageAt !== null) return { pageAt, at: at ?? content.pages[pageAt].blocks.length };
    const here = this.find(this.selected, content);
    if (here) return { pageAt: here.pageAt, at: here.at + 1 };
    const last = content.pages.length - 1;
    return { pageAt: last, at: content.pages[last].blocks.length };
  }

  freeName(content, wish) {
    const taken = new Set([...(this.set.reserved ?? []), ...content.pages.flatMap((page) => page.blocks.map((block) => block.props.name))]);
    if (!taken.has(wish)) return wish;
    for (let n = 2; ; n += 1) if (!taken.has(`${wish.slice(0, 36)}_${n}`)) return `${wish.slice(0, 36)}_${n}`;
  }

  remove(id) {
    const here = this.find(id);
    if (!here) return;
    this.change((next) => { next.pages[here.pageAt].blocks.splice(here.at, 1); });
    const left = this.content.pages[here.pageAt].blocks;
    this.select(left[Math.min(here.at, left.length - 1)]?.id ?? null);
  }

  copy(id) {
    const here = this.find(id);
    if (!here || this.isSpent(here.block.type)) return null;
    const made = newId();
    this.change((next) => {
      const block = { ...structuredClone(here.block), id: made };
      if (block.props.name) block.props.name = this.freeName(next, block.props.name);
      next.pages[here.pageAt].blocks.splice(here.at + 1, 0, block);
    });
    this.select(made);
    return made;
  }

  // One place up or down; over the edge of a page into the next.
  nudge(id, step) {
    const here = this.find(id);
    if (!here) return false;
    let { pageAt, at } = here;
    at += step;
    if (at < 0 || at >= here.page.blocks.length) {
      pageAt += step;
      if (!this.content.pages[pageAt]) return false;
      at = step < 0 ? this.content.pages[pageAt].blocks.length : 0;
    }
    this.moveTo(id, pageAt, at);
    return true;
  }

  moveTo(id, pageAt, at) {
    this.change((next) => {
      const here = this.find(id, next);
      if (here.pageAt === pageAt && here.at === at) return false;
      const [block] = next.pages[here.pageAt].blocks.splice(here.at, 1);
      next.pages[pageAt].blocks.splice(at, 0, block);
      return true;
    });
  }

  setProp(id, key, value, typing = false) {
    this.change((next) => {
      const { block } = this.find(id, next);
      block.props[key] = value;
      if (key === "label") this.follow(next, block);
    }, typing ? `${id}.${key}` : "");
  }

  // A new question is called in the data by its words, until somebody names it or something asks for it.
  follow(content, block) {
    const made = this.made.get(block.id);
    if (!made?.has(block.props.name) || isAskedFor(content, block.props.name)) return;
    block.props.name = "";
    block.props.name = this.freeName(content, slug(block.props.label) || block.type);
    made.add(block.props.name);
  }

  setPage(id, key, value, typing = false) {
    this.change((next) => {
      const page = next.pages.find((one) => one.id === id);
      if (key === "title") page.title = value;
      else page.props[key] = value;
    }, typing ? `${id}.${key}` : "");
  }

  setSetting(key, value, typing = true) {
    this.change((next) => { next.settings[key] = value; }, typing ? `settings.${key}` : "");
  }

  addPage() {
    this.change((next) => { next.pages.push({ id: newId("p"), title: "", blocks: [], props: Object.fromEntries(this.set.page_props.map((prop) => [prop.key, structuredClone(prop.default)])) }); });
  }

  removePage(pageAt) {
    if (this.content.pages.length < 2) return;
    this.change((next) => { next.pages.splice(pageAt, 1); });
    if (!this.find(this.selected) && !this.page(this.selected)) this.select(null);
  }
}

// Whether a rule, a formula or a text of the document names this question.
function isAskedFor(content, name) {
  const all = JSON.stringify(content);
  const inFormula = new RegExp(`\\b${name}\\b`);
  return all.includes(`"field":${JSON.stringify(name)}`) || all.includes(`{${name}}`)
    || content.pages.some((page) => page.blocks.some(({ props }) => props.formula && inFormula.test(props.formula)));
}
