// A chosen file is sent at once, by itself; the form then carries the code under which it waits.

export function sendFiles(state, changed) {
  state.sending = new Set();
  for (const control of state.form.querySelectorAll("[data-file]")) {
    control.addEventListener("change", () => {
      const sending = send(state.form, control).then(() => changed(state));
      state.sending.add(sending);
      sending.finally(() => state.sending.delete(sending));
    });
  }
}

// Resolves when nothing is on its way any more; false when a file did not arrive.
export async function filesArrived({ form, sending }) {
  await Promise.all(sending);
  const lost = [...form.querySelectorAll("[data-file]")].find((one) => !one.disabled && one.files.length && !one.dataset.name);
  lost?.focus();
  return !lost;
}

async function send(form, control) {
  const code = form.elements[control.dataset.file];
  code.value = "";
  delete control.dataset.name;
  const [file] = control.files;
  if (!file) return tell(control, "");
  tell(control, control.dataset.busy);
  const body = new FormData();
  body.append("token", form.elements.token.value);
  body.append("question", control.dataset.file);
  body.append("file", file);
  let told = {};
  try {
    const response = await fetch(`/f/${form.dataset.form}/file/`, { method: "POST", credentials: "omit", body });
    told = await response.json();
  } catch { /* told below */ }
  if (!told.code) return tell(control, told.message ?? control.dataset.late, true);
  code.value = told.code;
  control.dataset.name = told.name;
  return tell(control, control.dataset.done.replace("{name}", told.name));
}

function tell(control, words, isWrong = false) {
  const place = control.parentElement.querySelector(".lf-file-state");
  place.textContent = words;
  place.classList.toggle("lf-error", isWrong);
  control.classList.toggle("is-invalid", isWrong);
}
