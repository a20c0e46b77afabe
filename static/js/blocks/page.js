// How the blocks of a landing page look on the canvas: their words in order; the preview shows the rest.
import { el, icon, say } from "./dom.js";

const rowWords = (row) => row.title || row.name || row.question || row.label || row.quote || "…";
const button = (props) => (props.button ? el("span", { className: "lf-bk-pagebutton" }, props.button) : null);
const thumb = (props) => (props.image ? el("img", { src: `/i/${props.image}/thumb.webp`, alt: "", className: "lf-bk-thumb" }) : null);

export const PAGE_DRAWINGS = {
  section: (props, kind) => el("div", {},
    el("span", { className: "lf-bk-kind" }, icon(kind.icon), kind.label),
    props.title ? el("span", { className: "lf-bk-heading" }, props.title) : null,
    props.text ? el("span", { className: "lf-bk-text" }, props.text) : null,
    thumb(props),
    props.items?.length ? el("ul", { className: "lf-bk-items" }, props.items.map((row) => el("li", {}, rowWords(row)))) : null,
    button(props)),
  picture: (props, kind) => el("div", {}, el("span", { className: "lf-bk-kind" }, icon(kind.icon), kind.label), props.title ? el("span", { className: "lf-bk-heading" }, props.title) : null,
    thumb(props) ?? el("span", { className: "lf-bk-hidden" }, icon("photo"), el("span", {}, say("unfinished"))), props.caption ? el("span", { className: "lf-bk-sub" }, props.caption) : null),
  form: (props, kind) => {
    const chosen = kind.props.find((one) => one.key === "form")?.choices.find(([key]) => key === props.form)?.[1];
    return el("div", {}, props.title ? el("span", { className: "lf-bk-heading" }, props.title) : null, el("span", { className: "lf-bk-hidden" }, icon(kind.icon), el("span", {}, kind.label), el("span", {}, props.form ? chosen : say("unfinished"))));
  },
};
