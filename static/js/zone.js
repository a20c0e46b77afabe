// Shows free times where the visitor is. Without this file she chooses her time zone from the list.
const guess = document.querySelector("[data-guess]")?.dataset.guess;
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (guess && here && here !== guess) {
  const url = new URL(location.href);
  url.searchParams.set("tz", here);
  location.replace(url);
}
