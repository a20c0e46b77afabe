// Day and hour are asked for only where a time was chosen, a simple text only where no design was.

const form = document.querySelector("[data-broadcast]");
const when = form?.querySelector("[data-when]");
if (when) {
  const show = () => {
    const chosen = form.querySelector("input[name=timing]:checked");
    when.hidden = !chosen || chosen.value === "now";
  };
  form.addEventListener("change", show);
  show();
}

const design = form?.querySelector("select[name=design]");
const text = form?.querySelector("[data-simple-text]");
if (design && text) {
  const show = () => { text.hidden = design.value !== ""; };
  design.addEventListener("change", show);
  show();
}
