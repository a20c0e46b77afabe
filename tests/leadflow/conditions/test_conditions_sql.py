"""The SQL evaluator says what the Python evaluator says."""

from datetime import datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadflow.conditions import records, sql
from leadflow.conditions.language import SHAPES, matches, parse
from tests.leadflow.conditions import tables
from tests.leadflow.conditions.tables import Person
from tests.leadflow.conditions.world import cases, happenings, typed, vectors

pytestmark = pytest.mark.django_db

DATA = vectors()
AT = datetime.fromisoformat(DATA["at"])


@pytest.fixture
def made(db):
    tables.make_tables()


@pytest.mark.parametrize("in_json", [False, True], ids=["columns", "json"])
def test_sql_agrees_with_the_shared_vectors(made, in_json):
    catalogue = tables.world(in_json=in_json)
    every = cases()
    people = tables.store(catalogue, [(record, events) for _, record, events, _ in every])

    wrong = [
        (rule, record, events, expected)
        for person, (rule, record, events, expected) in zip(people, every, strict=True)
        if Person.objects.filter(sql.where(parse(rule, catalogue), at=AT), pk=person.pk).exists()
        is not expected
    ]

    assert wrong == []


TEXTS = st.one_of(
    st.sampled_from(
        [*"%_\\'\"ßẞİiıI\u212aKkΣσςǄǅǆ𐐀𐐨", "", " ", "ada", "Ada", "ADA Lovelace", "Ärger", "äRGER"]
    ),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs", "Cn"]), max_size=4),
)
NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 0.5, 50, 49.999, 10**15]),
    st.integers(-100, 100),
    st.integers(-(10**6), 10**6).map(lambda n: n / 1000),
)
DAYS = st.sampled_from(
    [
        *(f"2026-11-{day}" for day in (14, 15, 21, 22, 23, 29, 30)),
        *("1900-01-01", "2024-02-29", "2199-12-31"),
    ]
)
MOMENTS = st.sampled_from(
    [
        *(f"2026-11-22T{time}+02:00" for time in ("12:00:00", "11:59:59", "12:00:01")),
        *(f"2026-11-21T{time}+00:00" for time in ("22:00:00", "21:59:59")),
        *(f"2026-11-15T{time}+00:00" for time in ("10:00:00", "09:59:59")),
        *("2020-01-01T00:00:00+00:00", "2026-11-29T10:00:00+00:00"),
    ]
)
COUNTRIES, GRADES, TOPICS = ("DE", "AT", "NL"), ("D", "C", "B", "A"), ("roof", "wind", "heat")
SCALARS = {
    "name": TEXTS,
    "size": NUMBERS,
    "worth": NUMBERS,
    "born": DAYS,
    "seen": DAYS,
    "due": DAYS,
    "country": st.sampled_from(COUNTRIES),
    "grade": st.sampled_from(GRADES),
    "topics": st.sampled_from(TOPICS),
    "agreed": st.booleans(),
    "source": st.integers(1, 4),
    "tags": st.integers(1, 4),
    "path": TEXTS,
    "seconds": NUMBERS,
}
WORLD = tables.world()


@st.composite
def leaves(draw, of):
    op = draw(st.sampled_from(of.operators))
    scalar = SCALARS[of.key]
    if of.type == "text":
        scalar = scalar.filter(str.strip)
    leaf = {"field": of.key, "op": op}
    match SHAPES[op]:
        case "one":
            leaf["value"] = draw(scalar)
        case "list":
            leaf["value"] = draw(st.lists(scalar, min_size=1, max_size=3))
        case "pair":
            leaf["value"] = sorted(draw(st.tuples(scalar, scalar)))
        case "days":
            leaf["value"] = draw(st.sampled_from([0, 1, 7, 8, 3650]))
    return leaf


@st.composite
def counts(draw):
    kind = draw(st.sampled_from(list(WORLD.events.values())))
    op = draw(st.sampled_from(["at_least", "at_most", "never"]))
    leaf = {"event": {"kind": kind.key}, "op": op}
    if kind.fields and draw(st.booleans()):
        chosen = st.sampled_from(kind.fields).flatmap(leaves)
        leaf["event"]["where"] = draw(st.lists(chosen, max_size=2))
    if op != "never":
        leaf["count"] = draw(st.integers(1, 3))
    return leaf | {"days": draw(st.sampled_from([None, 1, 7]))}


LEAVES = st.one_of(st.sampled_from(list(WORLD.fields.values())).flatmap(leaves), counts())


def groups(inner):
    return st.dictionaries(
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
        min_size=1,
        max_size=1,
    )


RULES = groups(st.one_of(LEAVES, groups(st.one_of(LEAVES, groups(LEAVES)))))


def maybe(strategy):
    return st.one_of(st.none(), strategy)


RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "name": maybe(TEXTS),
        "size": maybe(NUMBERS),
        "worth": maybe(NUMBERS),
        "born": maybe(DAYS),
        "seen": maybe(MOMENTS),
        "due": maybe(DAYS | st.sampled_from(["2026-02-31", "2025-02-29", "1900-02-29", "soon"])),
        "country": maybe(st.sampled_from([*COUNTRIES, "", "XX"])),
        "grade": maybe(st.sampled_from([*GRADES, "", "Z"])),
        "topics": maybe(st.lists(st.sampled_from([*TOPICS, "gone"]), unique=True)),
        "agreed": maybe(st.booleans()),
        "source": maybe(st.integers(1, 4)),
        "tags": maybe(st.lists(st.integers(1, 4), unique=True)),
    },
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["page.viewed", "mail.opened"]),
            "at": MOMENTS,
        },
        optional={
            "data": st.fixed_dictionaries(
                {}, optional={"path": maybe(TEXTS), "seconds": maybe(NUMBERS)}
            )
        },
    ).map(lambda one: one if one["kind"] == "page.viewed" else one | {"data": {}}),
    max_size=4,
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rule=RULES,
    people=st.lists(st.tuples(RECORDS, EVENTS), min_size=1, max_size=5),
    in_json=st.booleans(),
)
def test_python_and_sql_agree_on_any_rule_and_record(made, rule, people, in_json):
    catalogue = tables.world(in_json=in_json)
    tree = parse(rule, catalogue)
    expected = [
        matches(tree, typed(catalogue, record), at=AT, events=happenings(catalogue, events))
        for record, events in people
    ]

    with transaction.atomic():
        stored = tables.store(catalogue, people)
        found = set(Person.objects.filter(sql.where(tree, at=AT)).values_list("pk", flat=True))
        known = records.load(Person.objects.all(), [tree], at=AT)
        transaction.set_rollback(True)

    assert [one.pk in found for one in stored] == expected
    assert [
        matches(tree, known[one.pk].values, at=AT, events=known[one.pk].events) for one in stored
    ] == expected
