// A picture in the panel: taken from those that are there, or uploaded.
import { el, icon, say } from "./dom.js";

const LARGEST = 10_000_000;
const places = JSON.parse(document.getElementById("lf-editor-data")?.textContent ?? "{}");

export function imageField(id, prop, value, save, message) {
  const shown = value ? el("img", { src: `/i/${value}/thumb.webp`, alt: "", className: "lf-bk-thumb" }) : null;
  const choose = el("button", { type: "button", id, className: "lf-btn lf-btn-small", onclick: () => pick(save) }, say(value ? "image_other" : "image_choose"));
  if (message) choose.setAttribute("aria-invalid", "true");
  const none = value ? el("button", { type: "button", className: "lf-bk-link", onclick: () => save("") }, say("remove")) : null;
  return el("div", { className: "lf-field" }, el("label", { className: "lf-label", htmlFor: id }, prop.label), shown, el("span", { className: "lf-bk-imageacts" }, choose, none),
    prop.help ? el("p", { className: "lf-help-text" }, prop.help) : null, message ? el("p", { className: "lf-error" }, icon("alert-circle"), message) : null);
}

async function pick(save) {
  const trouble = el("p", { className: "lf-error", role: "alert", hidden: true });
  const grid = el("div", { className: "lf-bk-images" });
  const file = el("input", { type: "file", accept: "image/png,image/jpeg,image/gif,image/webp", className: "lf-input", id: "lf-image-file" });
  const close = el("button", { type: "button", className: "lf-btn", onclick: () => dialog.close() }, say("close"));
  const dialog = el("dialog", { className: "lf-dialog", "aria-labelledby": "lf-images-title" },
    el("h2", { id: "lf-images-title" }, say("image_choose")),
    el("div", { className: "lf-dialog-body" }, el("label", { className: "lf-label", htmlFor: "lf-image-file" }, say("image_upload")), file, trouble, grid),
    el("div", { className: "lf-dialog-acts" }, close));
  const take = (row) => { save(row.id); dialog.close(); };
  const complain = (text) => { trouble.textContent = text; trouble.hidden = !text; };
  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    complain(file.files[0].size > LARGEST ? say("image_large") : "");
    if (!trouble.hidden) return;
    file.disabled = true;
    const told = await send(file.files[0]);
    file.disabled = false;
    if (told.id) take(told);
    else complain(told.message || say("not_saved"));
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  const answer = await fetch(places.urls.images, { headers: { Accept: "application/json" } }).catch(() => null);
  const { images } = answer?.ok ? await answer.json() : { images: [] };
  grid.replaceChildren(...images.map((row) => el("button", { type: "button", title: row.title, "aria-label": row.title || say("image_choose"), onclick: () => take(row) }, el("img", { src: row.thumb, alt: "", loading: "lazy" }))));
}

async function send(file) {
  const body = new FormData();
  body.append("file", file);
  try {
    const answer = await fetch(places.urls.images, { method: "POST", body, headers: { "X-CSRFToken": places.csrf } });
    return await answer.json();
  } catch {
    return {};
  }
}
