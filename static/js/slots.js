// Free times in a form: drawn where the visitor is, and drawn anew when somebody else was quicker.

export function showSlots(state, changed) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const box of state.form.querySelectorAll("[data-slots]")) {
    if (box.dataset.zone && here && here !== box.dataset.zone) freshSlots(state.form, box.dataset.slots, here).then(changed);
  }
}

export async function freshSlots(form, name, zone) {
  const box = form.querySelector(`[data-slots="${CSS.escape(name)}"]`);
  if (!box) return;
  const url = new URL(`/f/${form.dataset.form}/times/`, location.href);
  url.search = new URLSearchParams({ name, tz: zone ?? box.dataset.zone ?? "" });
  const response = await fetch(url, { credentials: "omit" }).catch(() => null);
  if (!response?.ok) return; // what stands there is right too, in another zone
  const made = new DOMParser().parseFromString(await response.text(), "text/html");
  box.replaceWith(made.querySelector("[data-slots]"));
}
