// Times of an event by the clock of whoever looks, where that is another than the event's own.
export function showLocalTimes(root) {
  for (const place of root.querySelectorAll("[data-starts]")) {
    const starts = new Date(place.dataset.starts);
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const clock = (timeZone) => starts.toLocaleString("en", { timeZone, dateStyle: "short", timeStyle: "short" });
    if (!zone || clock(zone) === clock(place.dataset.zone)) continue;
    const language = document.documentElement.lang || undefined;
    const when = new Intl.DateTimeFormat(language, { timeZone: zone, weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
    const ends = new Intl.DateTimeFormat(language, { timeZone: zone, hour: "2-digit", minute: "2-digit" });
    const words = { when: `${when.format(starts)} – ${ends.format(new Date(place.dataset.ends))}`, zone: zone.replaceAll("_", " ") };
    place.textContent = place.dataset.words.replace(/\{(when|zone)\}/g, (_all, key) => words[key]);
    place.hidden = false;
  }
}
