// A frame that has the focus matches no :focus of its page, so nobody would see where the keys go: it is marked,
// and base.css draws the ring. From one frame into the next no event reaches the page, hence the look while in one.
let byKeys = false, looking;

function mark() {
  const here = document.activeElement;
  document.querySelectorAll("iframe[data-focus]").forEach((frame) => frame !== here && frame.removeAttribute("data-focus"));
  const inside = here?.tagName === "IFRAME";
  if (inside && byKeys) here.dataset.focus = "";
  if (inside && !looking) looking = setInterval(mark, 100);
  if (!inside && looking) looking = clearInterval(looking);
}

export function initFrames() {
  document.addEventListener("keydown", (event) => { if (event.key === "Tab") byKeys = true; }, true);
  document.addEventListener("pointerdown", () => { byKeys = false; }, true);
  document.addEventListener("focusin", mark);
  window.addEventListener("blur", () => setTimeout(mark)); // the frame has the focus a moment later
  window.addEventListener("focus", mark);
}
