// Fields into a mail: a button puts its text where the cursor stood last. By delegation: panes come and go.

const lasts = new WeakMap();
const fits = (node) => node.matches?.("input[type=text], textarea");

document.addEventListener("focusin", (event) => {
  const form = event.target.closest?.("[data-merge]");
  if (form && fits(event.target)) lasts.set(form, event.target);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const form = button?.closest("[data-merge]");
  const last = form && (lasts.get(form) ?? form.querySelector("textarea") ?? form.querySelector("input[type=text]"));
  if (!last) return;
  last.setRangeText(button.dataset.insert, last.selectionStart, last.selectionEnd, "end");
  last.dispatchEvent(new Event("input", { bubbles: true }));
  last.focus();
});
