// Fields into a mail: a button puts its text where the cursor stood last.

for (const form of document.querySelectorAll("[data-merge]")) {
  const inputs = [...form.querySelectorAll("input[type=text], textarea")];
  let last = form.querySelector("textarea") ?? inputs[0];
  for (const input of inputs) input.addEventListener("focus", () => { last = input; });
  for (const button of form.querySelectorAll("[data-insert]")) {
    button.addEventListener("click", () => {
      if (!last) return;
      last.setRangeText(button.dataset.insert, last.selectionStart, last.selectionEnd, "end");
      last.dispatchEvent(new Event("input", { bubbles: true }));
      last.focus();
    });
  }
}
