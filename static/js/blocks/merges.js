// Fields of the reader, put into a text where the cursor stands.
import { el, say } from "./dom.js";

const offered = JSON.parse(document.getElementById("lf-editor-data")?.textContent ?? "{}").set?.merges ?? [];

export function mergePicker(prop, made, save) {
  if (!prop.merges || !offered.length) return null;
  const put = (event) => {
    const text = event.target.value;
    event.target.value = "";
    if (!text) return;
    made.setRangeText(text, made.selectionStart, made.selectionEnd, "end");
    save(made.value);
    made.focus();
  };
  return el("select", { className: "lf-input form-select lf-bk-merge", "aria-label": `${say("merge_field")}: ${prop.label}`, onchange: put },
    el("option", { value: "" }, say("merge_field")), offered.map(([label, text]) => el("option", { value: text }, label)));
}
