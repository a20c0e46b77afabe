// Day and hour are asked for only where a time was chosen.

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
