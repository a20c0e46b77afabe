// Works a formula out from its tree, as leadflow/formulas/computing.py does on the server; keep them alike.
// given: { answers: {name: value}, points: {name: {choice: number}}, today: "2026-11-22" }
const MOST_TEXT = 2000;
const WHOLE = 1e15;

export function compute(tree, given) {
  const { op, of = [] } = tree;
  if (op === "value") return tree.value;
  if (op === "name") return answer(given.answers[tree.name]);
  if (op === "call") return CALLS[tree.name](of, given);
  if (op === "not") return compute(of[0], given) !== true;
  if (op === "and") return compute(of[0], given) === true && compute(of[1], given) === true;
  if (op === "or") return compute(of[0], given) === true || compute(of[1], given) === true;
  if (op === "minus") return negative(compute(of[0], given));
  const left = compute(of[0], given);
  const right = compute(of[1], given);
  if (op === "&") return [...shown(left) + shown(right)].slice(0, MOST_TEXT).join("");
  return "+-*/".includes(op) ? arithmetic(op, left, right) : compare(op, left, right);
}

export function shown(value) {
  if (value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "number") return String(value);
  const rounded = round(value, 6);
  const text = Math.abs(rounded) < 1e21 ? rounded.toFixed(6) : BigInt(rounded).toString();
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

function answer(value) {
  if (value === undefined || value === null || value === "") return null;
  if (Array.isArray(value)) return value.length ? value.map(String) : null;
  if (typeof value === "number") return finite(value);
  return value;
}

const number = (value) => (typeof value === "number" ? value : null);
const finite = (value) => (Number.isFinite(value) ? value : null);
const negative = (value) => (number(value) === null ? null : finite(0 - value));

function arithmetic(op, a, b) {
  if (number(a) === null || number(b) === null || (op === "/" && b === 0)) return null;
  if (op === "+") return finite(a + b);
  if (op === "-") return finite(a - b);
  return finite(op === "*" ? a * b : a / b);
}

function compare(op, a, b) {
  if (number(a) !== null && number(b) !== null) return ordered(op, a, b);
  const same = (typeof a === "boolean" && typeof b === "boolean") || (typeof a === "string" && typeof b === "string");
  if (!same) return false;
  if (day(a) !== null && day(b) !== null) return ordered(op, a, b);
  return op === "=" ? a === b : op === "!=" ? a !== b : false;
}

function ordered(op, a, b) {
  switch (op) {
    case "=": return a === b;
    case "!=": return a !== b;
    case "<": return a < b;
    case "<=": return a <= b;
    case ">": return a > b;
    default: return a >= b;
  }
}

// Days since 1970, or null for what is no day.
function day(value) {
  const parts = typeof value === "string" ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  if (!parts) return null;
  const [year, month, date] = parts.slice(1).map(Number);
  if (year < 1) return null;
  const made = new Date(Date.UTC(2000, month - 1, date));
  made.setUTCFullYear(year, month - 1, date);
  const right = made.getUTCFullYear() === year && made.getUTCMonth() === month - 1 && made.getUTCDate() === date;
  return right ? made.getTime() / 86400000 : null;
}

export function round(value, places) {
  if (Math.abs(value) >= WHOLE) return value;
  const scaled = Number((Math.abs(value) * 10 ** places).toExponential(14));
  const result = Math.floor(scaled + 0.5) / 10 ** places;
  return value < 0 && result ? -result : result;
}

// --- the functions ----------------------------------------------------------------------------------

const numbers = (of, given) => of.map((one) => number(compute(one, given))).filter((one) => one !== null);
const total = (list) => list.reduce((sum, one) => sum + one, 0);
const over = (fold) => (of, given) => {
  const list = numbers(of, given);
  return list.length ? finite(fold(list)) : null;
};
const one = (change) => (of, given) => {
  const value = number(compute(of[0], given));
  return value === null ? null : finite(change(value) + 0);
};

const CALLS = {
  if(of, given) {
    for (let place = 0; place < of.length - 1; place += 2) {
      if (compute(of[place], given) === true) return compute(of[place + 1], given);
    }
    return of.length % 2 ? compute(of.at(-1), given) : null;
  },
  min: over((list) => Math.min(...list)),
  max: over((list) => Math.max(...list)),
  sum: over(total),
  average: over((list) => total(list) / list.length),
  round(of, given) {
    const value = number(compute(of[0], given));
    const places = of.length > 1 ? number(compute(of[1], given)) : 0;
    if (value === null || places === null) return null;
    return finite(round(value, Math.min(Math.max(Math.floor(places), 0), 6)));
  },
  floor: one(Math.floor),
  ceil: one(Math.ceil),
  abs: one(Math.abs),
  count(of, given) {
    const value = compute(of[0], given);
    return Array.isArray(value) ? value.length : value === null ? 0 : 1;
  },
  has(of, given) {
    const value = compute(of[0], given);
    const wanted = compute(of[1], given);
    return Array.isArray(value) ? value.includes(wanted) : compare("=", value, wanted);
  },
  answered: (of, given) => compute(of[0], given) !== null,
  points(of, given) {
    const value = compute(of[0], given);
    if (value === null) return null;
    const worth = given.points?.[of[0].name] ?? {};
    const chosen = typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
    return finite(total(chosen.map((choice) => (Object.hasOwn(worth, choice) ? worth[choice] : 0))));
  },
  lookup(of, given) {
    const wanted = compute(of[0], given);
    for (let place = 1; place < of.length - 1; place += 2) {
      if (compare("=", wanted, compute(of[place], given))) return compute(of[place + 1], given);
    }
    return of.length % 2 ? null : compute(of.at(-1), given);
  },
  band(of, given) {
    const value = number(compute(of[0], given));
    let found = null;
    for (let place = 1; place < of.length - 1; place += 2) {
      const start = number(compute(of[place], given));
      if (value !== null && start !== null && value >= start) found = of[place + 1];
    }
    return found === null ? null : compute(found, given);
  },
  days(of, given) {
    const [start, end] = of.map((part) => day(compute(part, given)));
    return start === null || end === null ? null : end - start;
  },
  today: (_of, given) => given.today,
};
