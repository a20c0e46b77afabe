// The side bar: groups fold, which the server hears of by a cookie, and the place in use is in sight.
const folded = () => [...document.querySelectorAll('.lf-nav [data-fold][aria-expanded="false"]')].map((one) => one.dataset.fold);

function fold(button) {
  button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") === "false"));
  document.cookie = `lf_folded=${folded().join(".")};path=/;max-age=31536000;samesite=lax`;
}

export function initNav() {
  const nav = document.querySelector(".lf-nav");
  if (!nav) return;
  nav.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fold]");
    if (button) fold(button);
  });
  const current = nav.querySelector("[aria-current]");
  if (!current) return;
  const below = current.getBoundingClientRect().bottom - nav.getBoundingClientRect().bottom;
  if (below > 0) nav.scrollTop = below + nav.clientHeight / 3;
}
