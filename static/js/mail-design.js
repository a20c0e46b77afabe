// As whom, and how, the draft is read in the preview of the editor.
const frame = document.querySelector("[data-preview-frame]");
const reader = document.querySelector("[data-read-as]");
const dark = document.querySelector("[data-read-dark]");

if (frame && reader) {
  const base = frame.getAttribute("src").split("?")[0];
  const show = () => {
    const asked = new URLSearchParams();
    if (reader.value) asked.set("as", reader.value);
    if (dark.checked) asked.set("dark", "1");
    frame.src = `${base}?${asked}`;
  };
  reader.addEventListener("change", show);
  dark.addEventListener("change", show);
}
