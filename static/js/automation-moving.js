// Steps of an automation are dragged to another place; Up and Down of the chosen step do the same by keys.

const list = document.querySelector("[data-sorts]");

// SortableJS has moved the box; the server draws what the steps are now.
function onUpdate({ item, newIndex }) {
  const form = document.getElementById(list.dataset.sorts);
  form.action = item.dataset.move;
  form.elements.to.value = String(newIndex);
  form.requestSubmit();
}

if (list && window.Sortable) {
  window.Sortable.create(list, { animation: 120, delay: 160, delayOnTouchOnly: true, touchStartThreshold: 5, onUpdate });
}
