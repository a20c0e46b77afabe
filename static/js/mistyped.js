// An address whose domain is one or two signs off a common one: what was perhaps meant is offered under the
// field, taken by one press, and never in the way. leadflow/kit/emails.py says the same on the server.
const PAUSE = 400; // milliseconds without a key, so that nothing moves while she types or presses Send

export function suggesting(form) {
  for (const input of form.querySelectorAll("input[data-domains]")) offer(input);
}

function offer(input) {
  const domains = input.dataset.domains.split(",");
  const place = document.createElement("div");
  place.className = "lf-meant";
  place.setAttribute("aria-live", "polite");
  input.after(place);
  let pause;
  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => show(input, place, suggest(input.value, domains)), PAUSE);
  });
}

function show(input, place, meant) {
  if ((place.dataset.meant ?? "") === meant) return;
  place.dataset.meant = meant;
  place.replaceChildren();
  if (!meant) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = input.dataset.wordsMeant.replace("{address}", meant);
  button.addEventListener("click", () => {
    input.value = meant;
    show(input, place, "");
    input.focus();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  place.append(button);
}

const ONE = 5, TWO = 8, ENDING = 3;

export function suggest(address, domains) {
  const bare = address.trim(), at = bare.lastIndexOf("@"), domain = bare.slice(at + 1).toLowerCase();
  if (at < 1) return "";
  const [far, best] = domains.map((one) => [off(domain, one), one]).reduce((a, b) => (b[0] < a[0] ? b : a));
  return far > 0 && far <= 2 ? `${bare.slice(0, at)}@${best}` : "";
}

function off(domain, common) {
  if (domain[0] !== common[0] || Math.abs(domain.length - common.length) > 2) return 9;
  const [name, ending] = halves(domain), [wanted, wished] = halves(common);
  const wrong = distance(name, wanted), ill = distance(ending, wished);
  const most = wanted.length < ONE ? 0 : wanted.length < TWO ? 1 : 2;
  return wrong <= most && ill <= (wished.length < ENDING ? 0 : 1) ? wrong + ill : 9;
}

function halves(domain) {
  const dot = domain.indexOf(".");
  return dot < 0 ? [domain, ""] : [domain.slice(0, dot), domain.slice(dot + 1)];
}

function distance(one, other) {
  let last = [], before = [], row = Array.from({ length: other.length + 1 }, (_none, place) => place);
  for (let i = 1; i <= one.length; i += 1) {
    [last, before, row] = [before, row, [i]];
    for (let j = 1; j <= other.length; j += 1) {
      row[j] = Math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) row[j] = Math.min(row[j], last[j - 2] + 1);
    }
  }
  return row[other.length];
}
