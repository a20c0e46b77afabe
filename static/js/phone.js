// A telephone field: a choice of countries that writes the code before the number, and a hint while the
// number cannot be one. The server decides with the rules of each country.
const LEAST = 6, MOST = 15; // digits, the code of the country among them (E.164)

export function dialling(form) {
  for (const input of form.querySelectorAll("input[data-dial]")) dial(input);
}

function dial(input) {
  const codes = input.dataset.dial.split(",").map((one) => [one.slice(0, 2), one.slice(2)]);
  const select = document.createElement("select");
  select.className = "form-select lf-dial";
  select.dataset.dialOf = input.name; // it has no name and is not sent
  select.setAttribute("aria-label", input.dataset.wordsCountry);
  const names = new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "region" });
  const rows = codes.map(([country, code]) => [names.of(country), country, code]).sort((a, b) => a[0].localeCompare(b[0]));
  for (const [name, country, code] of rows) select.add(new Option(`${name} +${code}`, country));
  const codeOf = Object.fromEntries(codes);
  select.value = input.dataset.country || countryHere(codeOf);
  input.before(select);
  follow(input, select, codeOf);
  input.addEventListener("input", () => { follow(input, select, codeOf); judge(input); });
  input.addEventListener("blur", () => complete(input, select, codeOf));
  select.addEventListener("change", () => { rewrite(input, codeOf[select.value]); judge(input); });
}

function countryHere(codeOf) {
  const told = new Intl.Locale(navigator.language).maximize().region ?? "";
  return told in codeOf ? told : "";
}

// A number that begins with + says its country itself; the longest code counts, as +1 and +1242.
function follow(input, select, codeOf) {
  const digits = input.value.replace(/[^\d+]/g, "");
  if (!digits.startsWith("+") || (select.value && digits.startsWith(`+${codeOf[select.value]}`))) return;
  const fitting = Object.entries(codeOf).filter(([, code]) => digits.startsWith(`+${code}`));
  fitting.sort((a, b) => b[1].length - a[1].length);
  if (fitting.length) select.value = fitting[0][0];
}

function rewrite(input, code) {
  const number = input.value.trim();
  if (number) input.value = `+${code} ${number.replace(/^(\+|00)\d{1,3}\s*/, "")}`;
}

// The server reads a number without + as one of the country that the marketer named, and of no other.
function complete(input, select, codeOf) {
  const number = input.value.trim();
  if (!number || number.startsWith("+") || !select.value || select.value === input.dataset.country) return judge(input);
  input.value = number.startsWith("00") ? `+${number.slice(2)}` : `+${codeOf[select.value]} ${number}`;
  follow(input, select, codeOf);
  judge(input);
}

function judge(input) {
  const digits = input.value.replace(/\D/g, "").length;
  const isOdd = input.value.trim() !== "" && (digits < LEAST || digits > MOST || /[^\d\s+()./-]/.test(input.value));
  input.setCustomValidity(isOdd ? input.dataset.wordsPhone : "");
}
