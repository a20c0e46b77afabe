// The condition language in the browser, for form logic. It repeats leadflow/conditions/meaning.py;
// leadflow/conditions/vectors.json holds the two and the SQL together. What it decides is a courtesy:
// the server decides again.

const DAY = 24 * 60 * 60 * 1000;

const NEGATES = {
  is_not: "is",
  is_none_of: "is_any_of",
  not_contains: "contains",
  has_none_of: "has_any_of",
  is_not_set: "is_set",
};

/**
 * Whether a record matches a rule.
 * @param {object} rule the document: {all: [...]}, {any: [...]} or {none: [...]}
 * @param {object} record field key to value, as JSON carries it
 * @param {object} options
 *   fields: key to {type, choices, ordered};
 *   at: the moment, ISO with its offset from UTC, whose calendar counts (default: now, here);
 *   events: [{kind, at, data}]; eventFields: kind to its properties, in the shape of `fields`
 */
export function matches(rule, record, { fields, at, events = [], eventFields = {} }) {
  const moment = readMoment(at ?? localNow());
  const world = { fields, moment, events, eventFields };
  return holds(Object.keys(rule).length ? rule : { all: [] }, record, world);
}

function holds(node, record, world) {
  if (node.all) return node.all.every((item) => holds(item, record, world));
  if (node.any) return node.any.some((item) => holds(item, record, world));
  if (node.none) return !node.none.some((item) => holds(item, record, world));
  if (node.event) return counted(node, world);
  return passes(node, record, world.fields, world.moment);
}

function passes(test, record, fields, moment) {
  const field = own(fields, test.field);
  if (!field) throw new Error(`There is no field ${test.field}.`);
  const op = own(NEGATES, test.op) ?? test.op;
  const value = read(field, own(record, test.field));
  const positive = value !== null && satisfies(field, op, test.value, value, moment);
  return positive !== (op !== test.op);
}

function satisfies(field, op, wanted, value, moment) {
  if (op === "is_set") return true;
  if (field.type === "date" || field.type === "datetime") {
    return inSpan(when(field.type, op, wanted, moment), value);
  }
  if (field.ordered && (op === "at_least" || op === "at_most")) return ranked(field, op, wanted, value);
  const same = field.type === "text" ? fold : (one) => one;
  const test = own(PLAIN, op);
  if (!test) throw new Error(`${op} is no operator of the field.`);
  return test(same(value), Array.isArray(wanted) ? wanted.map(same) : same(wanted));
}

const PLAIN = {
  is: (value, wanted) => value === wanted,
  is_any_of: (value, wanted) => wanted.includes(value),
  contains: (value, wanted) => value.includes(wanted),
  starts_with: (value, wanted) => value.startsWith(wanted),
  ends_with: (value, wanted) => value.endsWith(wanted),
  at_least: (value, wanted) => value >= wanted,
  at_most: (value, wanted) => value <= wanted,
  more_than: (value, wanted) => value > wanted,
  less_than: (value, wanted) => value < wanted,
  between: (value, [low, high]) => low <= value && value <= high,
  has_any_of: (value, wanted) => wanted.some((one) => value.includes(one)),
  has_all_of: (value, wanted) => wanted.every((one) => value.includes(one)),
};

function ranked(field, op, wanted, value) {
  const keys = field.choices.map(([key]) => key);
  const [place, limit] = [keys.indexOf(value), keys.indexOf(wanted)];
  return place >= 0 && (op === "at_least" ? place >= limit : place <= limit);
}

// Days of the calendar are counted as numbers since 1970, moments in milliseconds.

function when(type, op, wanted, moment) {
  const [first, last] = op === "between" ? wanted : [wanted, wanted];
  if (typeof first === "string") return calendar(type, op, readDay(first), readDay(last), moment);
  const here = type === "date" ? moment.day : moment.time;
  const reach = type === "date" ? wanted : wanted * DAY;
  switch (op) {
    case "within_last":
      return { low: here - reach, high: here };
    case "more_than_ago":
      return { below: here - reach };
    case "within_next":
      return { low: here, high: here + reach };
    default:
      return { above: here + reach };
  }
}

function calendar(type, op, first, last, moment) {
  const start = type === "date" ? first : first * DAY - moment.offset;
  const end = type === "date" ? last + 1 : (last + 1) * DAY - moment.offset;
  if (op === "before") return { below: start };
  if (op === "after") return { low: end };
  return { low: start, below: end };
}

function inSpan(span, value) {
  return (
    (span.low === undefined || value >= span.low) &&
    (span.above === undefined || value > span.above) &&
    (span.high === undefined || value <= span.high) &&
    (span.below === undefined || value < span.below)
  );
}

function counted(node, world) {
  const { kind, where = [] } = node.event;
  const high = world.moment.time;
  const span = node.days ? { low: high - node.days * DAY, high } : { high };
  const properties = own(world.eventFields, kind) ?? {};
  const found = world.events.filter(
    (one) =>
      one.kind === kind &&
      inSpan(span, readMoment(one.at).time) &&
      where.every((test) => passes(test, one.data ?? {}, properties, world.moment)),
  ).length;
  if (node.op === "at_least") return found >= node.count;
  return found <= (node.op === "never" ? 0 : node.count);
}

// --- Values ----------------------------------------------------------------------------------------

function own(object, key) {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function read(field, raw) {
  if (raw === undefined || raw === null || raw === "") return null;
  switch (field.type) {
    case "choices":
    case "references":
      return Array.isArray(raw) && raw.length ? raw : null;
    case "number":
    case "money":
      return readNumber(raw);
    case "date":
      return readDay(raw);
    case "datetime":
      return readMoment(raw).time;
    case "text":
      return String(raw);
    default:
      return raw;
  }
}

function readNumber(raw) {
  const value = typeof raw === "string" && !raw.trim() ? NaN : Number(raw);
  return Number.isFinite(value) ? value : null;
}

function readDay(raw) {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(raw) ?? [];
  const date = new Date(Date.UTC(year, month - 1, day));
  // A day that does not exist would roll over into the next month.
  const exists = date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day);
  return exists && Number(year) ? date.getTime() / DAY : null;
}

function readMoment(raw) {
  const time = Date.parse(raw);
  const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})$/.exec(raw) ?? [null, "+", "0", "0"];
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return { time: Number.isNaN(time) ? null : time, offset, day: Math.floor((time + offset) / DAY) };
}

function localNow() {
  const now = new Date();
  const ahead = -now.getTimezoneOffset();
  const local = new Date(now.getTime() + ahead * 60_000).toISOString().slice(0, -1);
  const [hours, minutes] = [Math.trunc(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return `${local}${ahead < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
}

// Letter by letter, so that the length stays and no letter turns into an English one.
function fold(text) {
  return Array.from(text, (letter) => {
    const small = letter.toLowerCase();
    const kept = Array.from(small).length === 1 && !(letter > "\x7f" && small <= "\x7f");
    return kept ? small : letter;
  }).join("");
}
