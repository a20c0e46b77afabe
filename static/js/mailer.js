// A letter is written in place: whoever asks for a second one goes on with the first, so that no word is lost.
// Markup: templates/desk/mail.html. A slot ([data-mail-slot]) holds one letter at a time.
const open = (link) => {
  const near = link.closest("[data-mail-slot]") ?? document.querySelector(link.getAttribute("hx-target"));
  return near?.querySelector("[data-mailer] form");
};

document.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.target.closest?.("[data-write]");
  const letter = link && open(link);
  if (!letter) return;
  event.preventDefault();
  letter.querySelector("textarea")?.focus();
  letter.scrollIntoView({ block: "nearest" });
});
