// A landing page: tells that it was seen and a button clicked, and counts down to the end of an offer. Without this file the
// page shows the day of the end, and works.
const { page, key, mark } = document.body.dataset;
if (page) {
  tell({});
  document.addEventListener("click", (event) => { if (event.target.closest("a.lp-button")) tell({ clicked: true }); });
}

// The key is that of the form on this page, which sends it with the answers; it names nobody.
function tell(more) {
  const body = JSON.stringify({ key, mark, page: location.href.slice(0, 1000), ref: document.referrer.slice(0, 1000), ...more });
  fetch(`/p/${page}/seen/`, { method: "POST", credentials: "omit", keepalive: true, body, headers: { "Content-Type": "application/json" } }).catch(() => {});
}

for (const clock of document.querySelectorAll("[data-until]")) {
  const until = Date.parse(clock.dataset.until);
  const tick = () => {
    const left = Math.floor((until - Date.now()) / 1000);
    if (left <= 0) {
      clock.closest("section").replaceChildren(Object.assign(document.createElement("p"), { textContent: clock.dataset.after }));
      return;
    }
    clock.textContent = words(left, clock.dataset);
    setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  if (until) tick();
}

// "3 days 04:59:35": the words stay as wide as they were, so that nothing beside them moves.
function words(left, names) {
  const days = Math.floor(left / 86_400);
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  const clock = `${two((left % 86_400) / 3_600)}:${two((left % 3_600) / 60)}:${two(left % 60)}`;
  return days ? `${days} ${days === 1 ? names.wordsDay : names.wordsDays} ${clock}` : clock;
}
