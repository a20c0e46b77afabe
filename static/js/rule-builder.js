// <lf-rules>: the rule builder. The document is kept as a tree of plain objects, written back into the
// hidden field at each change; structural changes draw the tree anew and put the focus back.
// What may be asked, and every word, comes from the server as JSON.

const MODES = ["all", "any", "none"];

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

let icons = "";

function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("class", "lf-icon lf-icon-14");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(ns, "use");
  use.setAttribute("href", `${icons}#${name}`);
  svg.append(use);
  return svg;
}

function grouped(fields) {
  const groups = new Map();
  for (const one of fields) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

const byKey = (list) => new Map(list.map((one) => [one.key, one]));

class Rules extends HTMLElement {
  connectedCallback() {
    if (this.canvas) return;
    this.config = JSON.parse(this.querySelector('script[type="application/json"]').textContent);
    this.words = this.config.words;
    icons = this.dataset.icons;
    this.fields = byKey(this.config.fields);
    this.events = byKey(this.config.events);
    this.store = this.querySelector("textarea");
    const tree = this.parse();
    this.numbers = new WeakMap();
    this.last = 0;
    if (!tree) return; // not a rule: the JSON stays in sight, to be mended by hand
    this.tree = tree;
    this.querySelector(".lf-rules-plain").hidden = true;
    this.canvas = el("div", { class: "lf-rules-canvas" });
    this.prepend(this.canvas);
    this.addEventListener("htmx:afterSwap", () => this.mark());
    this.addEventListener("focusout", () => requestAnimationFrame(() => this.mark()));
    this.draw();
  }

  // The hidden field was given another document.
  reread() {
    const tree = this.canvas && this.parse();
    if (!tree) return;
    this.tree = tree;
    this.draw();
  }

  // --- document in, document out

  parse() {
    try {
      const document = JSON.parse(this.store.value || "{}");
      return this.fromDocument(Object.keys(document).length ? document : { all: [] });
    } catch {
      return null;
    }
  }

  fromDocument(node) {
    const mode = MODES.find((one) => Array.isArray(node[one]));
    if (mode) return { mode, items: node[mode].map((item) => this.fromDocument(item)) };
    if (node.event) return { ...node, event: { ...node.event, where: [...(node.event.where ?? [])] } };
    if (typeof node.field === "string") return { ...node };
    throw new TypeError("not a condition");
  }

  toDocument(node) {
    if (node.mode) return { [node.mode]: node.items.map((item) => this.toDocument(item)) };
    if (!node.event) return node;
    const { where, ...event } = node.event;
    return { ...node, event: where.length ? { ...event, where } : event };
  }

  save() {
    this.store.value = JSON.stringify(this.toDocument(this.tree), null, 1);
    this.dispatchEvent(new CustomEvent("lf:rule-changed", { bubbles: true }));
    this.store.dispatchEvent(new Event("change", { bubbles: true }));
  }

  changed(focus) {
    this.save();
    this.draw(focus);
  }

  draw(focus) {
    const wanted = focus ?? (this.canvas.contains(document.activeElement) && document.activeElement.dataset.spot);
    this.canvas.replaceChildren(this.group(this.tree, 1));
    if (wanted) this.canvas.querySelector(`[data-spot="${CSS.escape(wanted)}"]`)?.focus();
    this.mark();
  }

  // A node keeps its number while it lives, wherever it stands.
  spot(node, part = "first") {
    if (!this.numbers.has(node)) this.numbers.set(node, (this.last += 1));
    return `${this.numbers.get(node)}|${part}`;
  }

  // Where each node stands now, named as the server names it.
  *places(node = this.tree, path = "$") {
    yield [path, node];
    if (node.mode) {
      yield [`${path}.${node.mode}`, node];
      for (const [number, item] of node.items.entries()) yield* this.places(item, `${path}.${node.mode}[${number}]`);
    }
    for (const [number, test] of (node.event?.where ?? []).entries()) yield [`${path}.event.where[${number}]`, test];
  }

  mark() {
    this.canvas.querySelectorAll(".lf-rule-problem").forEach((old) => old.remove());
    this.canvas.querySelectorAll(".lf-rule-wrong").forEach((old) => old.classList.remove("lf-rule-wrong"));
    const nodes = new Map(this.places());
    for (const problem of this.querySelectorAll("[data-problem]")) {
      const node = nodes.get(problem.dataset.problem);
      const place = node && this.canvas.querySelector(`[data-node="${CSS.escape(this.spot(node))}"]`);
      // What is being typed is not wrong yet; it is marked when the focus leaves it.
      problem.hidden = Boolean(place) && !place.contains(document.activeElement);
      if (!problem.hidden) continue;
      place.classList.add("lf-rule-wrong");
      place.append(el("p", { class: "lf-rule-problem" }, problem.textContent));
    }
  }

  size(node = this.tree) {
    return node.mode ? node.items.reduce((sum, item) => sum + this.size(item), 0) : 1 + (node.event?.where.length ?? 0);
  }

  // --- groups

  group(node, depth) {
    const mode = this.select(
      { "aria-label": this.words.mode, "data-spot": this.spot(node, "mode") },
      MODES.map((one) => [one, this.words[one]]),
      node.mode,
      (chosen) => {
        node.mode = chosen;
        this.save();
      },
    );
    const items = node.items.map((item, number) => {
      const content = item.mode ? this.group(item, depth + 1) : this.row(item);
      const label = item.mode ? this.words.remove_group : this.words.remove;
      return el("li", { class: "lf-rule-item" }, content, this.remove(node.items, number, label, this.spot(node, "add")));
    });
    return el(
      "div",
      { class: "lf-rule-group", role: "group", "data-node": this.spot(node), "aria-label": this.words.group },
      el("div", { class: "lf-rule-head" }, this.words.group_before, mode, this.words.group_after),
      el("ul", { class: "lf-rule-list" }, ...items),
      node.items.length || depth > 1 ? null : el("p", { class: "lf-muted" }, this.words.everyone),
      this.acts(node, depth),
    );
  }

  acts(node, depth) {
    const full = this.size() >= this.config.limits.conditions;
    const add = (spot, label, make) =>
      el("button", {
        type: "button",
        class: "lf-rule-add",
        disabled: full,
        "data-spot": this.spot(node, spot),
        onclick: () => {
          const made = make();
          node.items.push(made);
          this.changed(this.spot(made, made.mode ? "mode" : "first"));
        },
      }, icon("plus"), label);
    const nested = () => ({ mode: node.mode === "any" ? "all" : "any", items: [this.newTest()] });
    return el(
      "div",
      { class: "lf-rule-acts" },
      add("add", this.words.add_condition, () => this.newTest()),
      this.events.size ? add("event", this.words.add_event, () => this.newCount()) : null,
      depth < this.config.limits.depth ? add("group", this.words.add_group, nested) : null,
    );
  }

  remove(list, number, label, focus) {
    return el("button", {
      type: "button",
      class: "lf-rule-x",
      "aria-label": label,
      title: label,
      onclick: () => {
        list.splice(number, 1);
        this.changed(focus);
      },
    }, icon("x"));
  }

  newTest() {
    const field = this.config.fields[0];
    return this.reset({ field: field.key }, field);
  }

  newCount() {
    return { event: { kind: this.config.events[0].key, where: [] }, op: "at_least", count: 1, days: 30 };
  }

  reset(test, field) {
    return Object.assign(test, { op: field.operators[0], value: this.fresh(field, field.operators[0]) });
  }

  fresh(field, op) {
    switch (this.config.operators[op].shape) {
      case "nothing":
        return undefined;
      case "days":
        return 7;
      case "list":
        return [];
      case "pair":
        return ["", ""];
      default:
        return field.type === "boolean" ? true : (field.choices[0]?.[0] ?? "");
    }
  }

  // --- one condition

  row(node) {
    return node.event ? this.count(node) : this.line(node, this.fields);
  }

  line(node, fields, ...around) {
    const [before, after] = around;
    const row = el("div", { class: "lf-rule-row" }, before, ...this.test(node, fields), after);
    return el("div", { class: "lf-rule-line", "data-node": this.spot(node) }, row);
  }

  // A box that is being typed into is never drawn anew, only what follows from it: a list that jumps
  // to what is typed would forget the first letters.
  test(node, fields) {
    const rest = el("span", { class: "lf-rule-rest" });
    const fill = () => {
      const field = fields.get(node.field);
      rest.replaceChildren(...(field ? this.comparison(node, field) : []));
    };
    fill();
    return [this.fieldBox(node, fields, fill), rest];
  }

  comparison(node, field) {
    const values = el("span", { class: "lf-rule-rest" }, ...this.value(node, field));
    const operator = this.select(
      { class: "lf-rule-box lf-rule-box-op", "aria-label": this.words.operator, "data-spot": this.spot(node, "op") },
      field.operators.map((key) => [key, this.config.operators[key].label]),
      node.op,
      (chosen) => {
        const same = this.config.operators[chosen].shape === this.config.operators[node.op]?.shape;
        node.op = chosen;
        if (!same) node.value = this.fresh(field, chosen);
        values.replaceChildren(...this.value(node, field));
        this.save();
      },
    );
    return [operator, values];
  }

  fieldBox(node, fields, then) {
    const box = el("select", {
      class: "lf-rule-box lf-rule-box-field",
      "aria-label": this.words.field,
      "data-spot": this.spot(node),
      onchange: () => {
        node.field = box.value;
        this.reset(node, fields.get(box.value));
        then();
        this.save();
      },
    });
    if (!fields.has(node.field)) {
      box.append(el("option", { value: node.field, selected: true, disabled: true }, `${node.field} (${this.words.gone})`));
    }
    for (const [label, found] of grouped(fields.values())) {
      const options = found.map((one) => el("option", { value: one.key, selected: one.key === node.field }, one.label));
      box.append(...(label ? [el("optgroup", { label }, ...options)] : options));
    }
    return box;
  }

  count(node) {
    const rest = el("span", { class: "lf-rule-rest" });
    const details = el("div", { class: "lf-rule-list" });
    const fill = () => {
      const properties = byKey(this.events.get(node.event.kind)?.fields ?? []);
      rest.replaceChildren(...this.often(node));
      if (properties.size) rest.append(this.addWhere(node, properties));
      details.replaceChildren(...this.details(node, properties));
      details.hidden = !node.event.where.length;
    };
    fill();
    const row = el("div", { class: "lf-rule-row" }, this.kindBox(node, fill), rest);
    return el("div", { class: "lf-rule-line lf-rule-list", "data-node": this.spot(node) }, row, details);
  }

  details(node, properties) {
    return node.event.where.map((test, number) =>
      this.line(
        test,
        properties,
        number ? this.words.and : this.words.where,
        this.remove(node.event.where, number, this.words.remove, this.spot(node)),
      ));
  }

  kindBox(node, then) {
    const known = this.config.events.map((one) => [one.key, one.label]);
    if (!this.events.has(node.event.kind)) known.unshift([node.event.kind, `${node.event.kind} (${this.words.gone})`]);
    return this.select(
      { class: "lf-rule-box lf-rule-box-field", "aria-label": this.words.behaviour, "data-spot": this.spot(node) },
      known,
      node.event.kind,
      (chosen) => {
        node.event = { kind: chosen, where: [] };
        then();
        this.save();
      },
    );
  }

  often(node) {
    const times = el("span", { class: "lf-rule-rest" });
    const days = el("span", { class: "lf-rule-rest" });
    const fill = () => {
      times.replaceChildren(...(node.op === "never" ? [] : [
        this.number(node.count, { min: 0, max: 1000, "aria-label": this.words.count }, (value) => { node.count = value; }),
        this.words.times,
      ]));
      days.replaceChildren(...(node.days ? [
        this.number(node.days, { min: 1, max: 3650, "aria-label": this.words.days }, (value) => { node.days = value; }),
        this.words.days,
      ] : []));
    };
    fill();
    const often = this.select(
      { class: "lf-rule-box lf-rule-box-op", "aria-label": this.words.often },
      ["at_least", "at_most", "never"].map((op) => [op, this.words[op]]),
      node.op,
      (chosen) => {
        node.op = chosen;
        if (chosen === "never") delete node.count;
        else node.count = node.count || 1;
        fill();
        this.save();
      },
    );
    const window = this.select(
      { class: "lf-rule-box lf-rule-box-op", "aria-label": this.words.window },
      [["last", this.words.in_last], ["ever", this.words.ever]],
      node.days ? "last" : "ever",
      (chosen) => {
        node.days = chosen === "ever" ? null : 30;
        fill();
        this.save();
      },
    );
    return [often, times, window, days];
  }

  addWhere(node, properties) {
    return el("button", {
      type: "button",
      class: "lf-rule-add",
      onclick: () => {
        const first = properties.values().next().value;
        const made = this.reset({ field: first.key }, first);
        node.event.where.push(made);
        this.changed(this.spot(made));
      },
    }, icon("plus"), this.words.add_where);
  }

  // --- values

  value(node, field) {
    const put = (value) => { node.value = value; };
    switch (this.config.operators[node.op]?.shape) {
      case "days":
        return [this.number(node.value, { min: 0, max: 3650, "aria-label": this.words.days }, put), this.words.days];
      case "list":
        return this.list(node, field);
      case "pair":
        return [
          this.single(field, node.value[0], this.words.low, (value) => { node.value[0] = value; }, this.spot(node, "low")),
          this.words.and,
          this.single(field, node.value[1], this.words.high, (value) => { node.value[1] = value; }, this.spot(node, "high")),
        ];
      case "one":
        return [this.single(field, node.value, this.words.value, put, this.spot(node, "value"))];
      default:
        return [];
    }
  }

  single(field, value, label, put, spot) {
    const attributes = { "aria-label": label, "data-spot": spot };
    const keep = (chosen) => { put(chosen); this.save(); };
    if (field.type === "boolean") {
      return this.select(attributes, [[true, this.words.yes], [false, this.words.no]], value, keep);
    }
    if (field.choices.length) {
      const known = field.choices.some(([key]) => key === value);
      const choices = known ? field.choices : [[value, value === "" ? this.words.choose : `${value} (${this.words.gone})`], ...field.choices];
      return this.select(attributes, choices, value, keep);
    }
    if (field.type === "number" || field.type === "money") return this.number(value, attributes, put);
    const type = field.type === "date" || field.type === "datetime" ? "date" : "text";
    return this.input(type, value, attributes, (raw) => put(field.type.startsWith("reference") ? Number(raw) : raw));
  }

  list(node, field) {
    const label = (value) => field.choices.find(([key]) => key === value)?.[1] ?? String(value);
    const chosen = node.value.map((value, number) =>
      el("span", { class: "lf-rule-value" }, label(value),
        this.remove(node.value, number, `${this.words.drop_value} ${label(value)}`, this.spot(node, "add-value"))));
    const add = (value) => {
      if (value !== "" && !node.value.includes(value)) {
        node.value.push(value);
        this.changed(this.spot(node, "add-value"));
      }
    };
    const attributes = { "aria-label": this.words.value, "data-spot": this.spot(node, "add-value") };
    if (field.choices.length) {
      const left = field.choices.filter(([key]) => !node.value.includes(key));
      return [...chosen, this.select(attributes, [["", this.words.add_value], ...left], "", add)];
    }
    const box = el("input", {
      ...attributes,
      type: "text",
      class: "lf-rule-box",
      placeholder: this.words.add_value,
      onchange: () => add(box.value.trim()),
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== ",") return;
        event.preventDefault();
        add(box.value.trim());
      },
    });
    return [...chosen, box];
  }

  number(value, attributes, put) {
    return this.input("number", value, { step: "any", ...attributes }, (raw) => put(raw === "" ? "" : Number(raw)));
  }

  input(type, value, attributes, put) {
    const box = el("input", {
      class: "lf-rule-box",
      ...attributes,
      type,
      value: value ?? "",
      oninput: () => {
        put(box.value);
        this.save();
      },
      onkeydown: (event) => {
        // Enter would send the form that the rule is a part of.
        if (event.key === "Enter") event.preventDefault();
      },
    });
    return box;
  }

  select(attributes, choices, value, put) {
    const options = choices.map(([key, label], number) => el("option", { value: number, selected: key === value }, label));
    const box = el("select", { class: "lf-rule-box", ...attributes, onchange: () => put(choices[box.value][0]) }, ...options);
    return box;
  }
}

if (!customElements.get("lf-rules")) customElements.define("lf-rules", Rules);
