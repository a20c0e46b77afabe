// The mapping of a hook: a value chosen in the tree of the sample puts its path into the field that was used last.
const form = document.querySelector("[data-hook-map]");
const fields = [...form.querySelectorAll("[data-path-into]")];
const each = fields.find((field) => "each" in field.dataset);
const empty = () => fields.find((field) => field !== each && !field.value) ?? fields.at(-1);
let aimed = empty();

function aim(field) {
  aimed = field;
  fields.forEach((one) => one.classList.toggle("lf-hook-aimed", one === field));
  sayGoal();
}

function sayGoal() {
  const goal = form.querySelector("[data-path-goal]");
  if (goal) goal.textContent = aimed.dataset.pathInto;
}

/** A list is where records lie, a single value belongs into a field. */
function goalOf(leaf) {
  if ("list" in leaf.dataset) return each;
  return aimed === each ? empty() : aimed;
}

function put(leaf) {
  aim(goalOf(leaf));
  aimed.value = leaf.dataset.path;
  aimed.dispatchEvent(new Event("input", { bubbles: true }));
  aimed.focus();
}

form.addEventListener("focusin", (event) => {
  if (fields.includes(event.target)) aim(event.target);
});
form.addEventListener("click", (event) => {
  const leaf = event.target.closest("[data-path]");
  if (leaf) put(leaf);
});
document.addEventListener("htmx:afterSettle", sayGoal);
aim(aimed);
