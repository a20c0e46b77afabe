// Small help to build elements: text is always text, never markup.
export let iconsUrl = "";
export let words = {};
export let rules = {}; // what the rule builder needs beside the fields

export function prepare(icons, sentences, language) {
  iconsUrl = icons;
  words = sentences;
  rules = language;
}

export function say(key, blanks = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_all, name) => blanks[name] ?? "");
}

export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(made.dataset, value);
    else if (key in made && !key.startsWith("aria")) made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "lf-icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${iconsUrl}#${name}`);
  svg.append(use);
  return svg;
}

export function tool(name, label, onclick, disabled = false) {
  return el("button", { type: "button", className: "lf-bk-tool", "aria-label": label, title: label, onclick, disabled }, icon(name));
}

export function slug(text) {
  const plain = text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const made = plain.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 32);
  return /^[a-z]/.test(made) ? made : made ? `q_${made}` : "";
}

export function newId(prefix = "b") {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return prefix + [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
}
