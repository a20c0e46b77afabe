// A list of rows in the panel: questions with answers, prices, voices, links.
import { el, icon, say, tool } from "./dom.js";

export function rowsField(prop, rows, { save, now, field, message }) {
  const add = () => {
    save([...now(), Object.fromEntries(prop.fields.map((one) => [one.key, one.default]))]);
    document.querySelector(".lf-bk-rows > :last-child :is(input, textarea, select)")?.focus();
  };
  const move = (at, step) => {
    const next = [...now()];
    const [row] = next.splice(at, 1);
    next.splice(at + step, 0, row);
    save(next);
  };
  const list = el("div", { className: "lf-bk-rows" }, rows.map((row, at) => oneRow(row, at)));
  return el("div", { className: "lf-field" }, el("span", { className: "lf-label" }, prop.label), prop.help ? el("p", { className: "lf-help-text" }, prop.help) : null, list,
    el("button", { type: "button", className: "lf-bk-link", onclick: add }, say("add_row")), message ? el("p", { className: "lf-error" }, icon("alert-circle"), message) : null);

  function oneRow(row, at) {
    const write = (key, typing) => (value, isTyping = typing) => save(now().map((one, n) => (n === at ? { ...one, [key]: value } : one)), isTyping);
    const isTyped = (one) => ["text", "long_text", "url", "number", "answer"].includes(one.kind);
    return el("fieldset", { className: "lf-bk-row" }, el("legend", {}, say("row_of", { n: at + 1, all: rows.length })),
      el("span", { className: "lf-bk-rowtools" },
        tool("arrow-up", say("up"), () => move(at, -1), at === 0),
        tool("arrow-down", say("down"), () => move(at, 1), at === rows.length - 1),
        tool("trash", say("remove"), () => save(now().filter((_one, n) => n !== at)))),
      prop.fields.map((one) => field(one, row[one.key] ?? one.default, write(one.key, isTyped(one)), "", `-${at}`)));
  }
}
