"""A rule as a filter over a table: the SQL evaluator, for a million rows.

Every test compiles to an expression over outer-joined columns, never to an ORM lookup by name, so that
Django adds no null handling of its own; `IS NOT TRUE` turns "unknown" into false where a test is
negated. Values are typed by the parser and sent as parameters.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateField,
    DecimalField,
    Exists,
    Expression,
    F,
    Func,
    IntegerField,
    JSONField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models import lookups as is_
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Collate, Lower

from leadflow.conditions.grammar import MANY_VALUED, Count, Field, Group, Node, Test, Type
from leadflow.conditions.meaning import (
    DAY_PATTERN,
    Has,
    OneOf,
    Pattern,
    Present,
    Primitive,
    Span,
    capitals_of,
    lower,
    needed,
    window,
)


@dataclass(frozen=True, slots=True)
class Many:
    """Values that stand as rows of another table: `Many("leadflow.LeadTag", "lead", "tag")`."""

    model: str | type[Model]
    link: str
    value: str
    where: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Json:
    """A value under a key of a JSON column, typed by the field that it belongs to."""

    path: str
    key: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Where the occurrences of a kind of event stand: the table, its link to the lead, its time."""

    model: str | type[Model]
    link: str
    at: str
    where: dict[str, Any] = field(default_factory=dict)


def where(rule: Group, *, at: datetime, lead: str = "pk") -> Q:
    """The condition to `.filter()` the rule's subject by.

    `at` carries the time zone whose calendar counts. `lead` is the path from the subject to the
    lead whose behaviour event conditions count.
    """
    return _node(rule, at, lead)


class IsNotTrue(Func):
    """False or unknown."""

    template = "(%(expressions)s) IS NOT TRUE"
    output_field = BooleanField()


class _JsonHas(Func):
    """A JSON list holds any, or all, of some texts."""

    template = "(%(expressions)s)"
    output_field = BooleanField()

    def __init__(self, column: Any, values: tuple[str, ...], *, every: bool) -> None:
        texts = Value(list(values), output_field=ArrayField(TextField()))
        super().__init__(column, texts, arg_joiner=" ?& " if every else " ?| ")


class Numeric(Func):
    """A text that is known to hold a number, as one."""

    template = "(%(expressions)s)::numeric"
    output_field = DecimalField()


def _node(node: Node, at: datetime, lead: str) -> Q:
    match node:
        case Group(mode, items):
            inner = [_node(item, at, lead) for item in items]
            if mode == "all":
                return reduce(and_, inner, Q())
            return _not(reduce(or_, inner)) if mode == "none" else reduce(or_, inner)
        case Test():
            return _test(node, at)
        case Count():
            return _count(node, at, lead)


def _not(condition: Q) -> Q:
    return Q(IsNotTrue(condition))


def _test(test: Test, at: datetime) -> Q:
    primitive, negated = lower(test, at)
    if isinstance(test.field.sql, Many):
        condition = _related(test.field.sql, primitive)
    else:
        condition = _column(test.field, primitive)
    return _not(condition) if negated else condition


def _count(count: Count, at: datetime, lead: str) -> Q:
    source, during = count.kind.sql, window(count, at)
    found = model_of(source).filter(**source.where, **{source.link: OuterRef(lead)})
    found = found.filter(_span(F(source.at), during), *(_test(one, at) for one in count.where))
    times, fewer = needed(count)
    # An offset stops at the n-th row, where a count would read them all.
    enough = Q(Exists(found.order_by()[times - 1 : times] if times > 1 else found))
    return _not(enough) if fewer else enough


def model_of(source: Many | Rows) -> QuerySet[Any]:
    """All rows of the table that a source names."""
    model: Any = source.model
    if isinstance(model, str):
        model = apps.get_model(model)
    found: QuerySet[Any] = model._default_manager.all()
    return found


# --- Columns --------------------------------------------------------------------------------------


def expression(of: Field) -> Any:
    """The field's value as an expression over its subject; not for a field of `Many`."""
    if isinstance(of.sql, Json):
        return _json(of.sql, of.type)
    return F(of.sql) if isinstance(of.sql, str) else of.sql()


def _json(source: Json, kind: Type) -> Any:
    raw, text = KeyTransform(source.key, source.path), KeyTextTransform(source.key, source.path)
    return of_json(kind, raw, text)


def of_json(kind: Type, raw: Any, text: Any) -> Any:
    """A JSON value as one of that type, from itself and its text; NULL where it is of another."""
    match kind:
        case Type.NUMBER | Type.MONEY:
            return _if_json("number", raw, Numeric(text), DecimalField())
        case Type.BOOLEAN:
            return _if_json("boolean", raw, Cast(text, BooleanField()), BooleanField())
        case Type.DATE:
            day = is_.Regex(text, Value(DAY_PATTERN))
            return Case(When(Q(day), then=Cast(text, DateField())), output_field=DateField())
    return _if_json("array", raw, raw, JSONField()) if kind in MANY_VALUED else text


def _if_json(name: str, raw: Expression, then: Expression, field: Any) -> Expression:
    found = Func(raw, function="jsonb_typeof", output_field=CharField())
    return Case(When(Q(is_.Exact(found, Value(name))), then=then), output_field=field)


def _column(of: Field, primitive: Primitive) -> Q:
    column = expression(of)
    match primitive:
        case Present():
            return _present(of, column)
        case OneOf(values, folded):
            return _in(_folded(column, values) if folded else column, values)
        case Pattern(how, text):
            return Q(_PATTERNS[how](_folded(column, (text,)), Value(text)))
        case Span():
            return _span(column, primitive)
        case Has(values, every):
            return Q(_JsonHas(column, values, every=every))


def _present(of: Field, column: Any) -> Q:
    known = Q(is_.IsNull(column, False))
    if of.type in MANY_VALUED:
        length = Func(column, function="jsonb_array_length", output_field=IntegerField())
        return Q(is_.GreaterThan(_if_json("array", column, length, IntegerField()), Value(0)))
    if of.type in (Type.TEXT, Type.CHOICE):
        return known & ~Q(is_.Exact(column, Value("")))
    return known


_PATTERNS = {
    "contains": is_.Contains,
    "starts_with": is_.StartsWith,
    "ends_with": is_.EndsWith,
}


def _in(column: Any, values: tuple[Any, ...]) -> Q:
    if len(values) == 1:
        return Q(is_.Exact(column, Value(values[0])))
    return Q(is_.In(column, values))


def _span(column: Any, span: Span) -> Q:
    bounds = Q()
    if span.low is not None:
        above = is_.GreaterThan if span.low_open else is_.GreaterThanOrEqual
        bounds &= Q(above(column, Value(span.low)))
    if span.high is not None:
        below = is_.LessThan if span.high_open else is_.LessThanOrEqual
        bounds &= Q(below(column, Value(span.high)))
    return bounds


def _folded(column: Any, texts: tuple[str, ...]) -> Expression:
    """The column without regard to case, as far as it matters for finding these texts.

    The locale of the database does not enter: collation C folds English letters, and of the others
    only those that the texts hold are translated.
    """
    plain = Lower(Collate(column, "C"))
    big, small = capitals_of(texts)
    if not big:
        return plain
    return Func(plain, Value(big), Value(small), function="translate", output_field=CharField())


# --- Lists ----------------------------------------------------------------------------------------


def _related(source: Many, primitive: Primitive) -> Q:
    rows = model_of(source).filter(**source.where, **{source.link: OuterRef("pk")})
    if not isinstance(primitive, Has):
        return Q(Exists(rows))
    if not primitive.every:
        return Q(Exists(rows.filter(_in(F(source.value), primitive.values))))
    each = (Q(Exists(rows.filter(_in(F(source.value), (one,))))) for one in primitive.values)
    return reduce(and_, each)
