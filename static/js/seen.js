// Reports that a form was seen, begun, and which questions were answered, so that its numbers say where
// people stop. It names nobody: the only id is the one that this page would send with the answers.
const OURS = new Set(["token", "client_id", "website_url"]);

export function report(form, what) {
  if (what === "view") watch(form);
  tell(form, { started: what === "start" });
  if (window.parent !== window) window.parent.postMessage({ leadflow: 1, type: "form", what }, "*");
  else window.leadflow?.form?.(form.dataset.form, what);
}

function watch(form) {
  const touched = [];
  let told = 0;
  const touch = (event) => {
    const name = event.target.name;
    if (!name || name.startsWith("lf_") || OURS.has(name)) return;
    if (touched.includes(name)) touched.splice(touched.indexOf(name), 1);
    touched.push(name);
  };
  const leave = () => {
    if (touched.length === told) return;
    told = touched.length;
    tell(form, { started: true, touched });
  };
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.addEventListener("submit", leave);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") leave(); });
  window.addEventListener("pagehide", leave);
}

function tell(form, more) {
  const here = new URL(location.href);
  const outside = here.searchParams.get("lf_page");
  const body = { key: form.elements.client_id.value, page: outside ? withParams(outside, here) : here.href.slice(0, 1000), ref: here.searchParams.get("lf_ref") ?? document.referrer, mark: new URL(form.action).searchParams.get("lf_v") ?? undefined, ...more };
  fetch(`/f/${form.dataset.form}/seen/`, { method: "POST", credentials: "omit", keepalive: true, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }).catch(() => {});
}

// The page around an embed, with the campaign that its script remembered.
function withParams(outside, here) {
  try {
    const page = new URL(outside);
    for (const [key, value] of here.searchParams) if (/^utm_|clid$|li_fat_id/.test(key) && !page.searchParams.has(key)) page.searchParams.set(key, value);
    return page.href.slice(0, 1000);
  } catch {
    return "";
  }
}
