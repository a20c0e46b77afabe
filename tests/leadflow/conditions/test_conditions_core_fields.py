"""The core's catalogue over real leads: every field under every operator, Python and SQL alike."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadflow.conditions import address_kind, records, sql
from leadflow.conditions.fields import catalogue
from leadflow.conditions.language import SHAPES, explain, matches, parse
from leadflow.kit import disposable, emails
from leadflow.models import (
    Company,
    Consent,
    Customer,
    CustomField,
    Engagement,
    Lead,
    LeadScore,
    Source,
    Tag,
)
from leadflow.people.models import User

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_lead(**fields):
    return Lead.objects.create(stage_since=AT, created_at=AT, **fields)


@pytest.fixture
def people():
    """Anna, of whom much is known, and Ben, of whom nothing is."""
    CustomField.objects.create(subject="lead", key="roof", label="Roof area", type="number")
    CustomField.objects.create(
        subject="company", key="parks", label="Parks", type="choices", choices=["solar", "wind"]
    )
    company = Company.objects.create(
        name="Kessler", size=120, revenue=5_000_000, custom={"parks": ["solar"]}, created_at=AT
    )
    owner = User.objects.create_user("maya@brightwell.example", name="Maya")
    anna = a_lead(
        first_name="Anna",
        email="anna@kessler.example",
        seniority="vp",
        company=company,
        owner=owner,
        assigned_at=AT,
        source=Source.objects.create(name="Calculator"),
        last_activity_at=AT - timedelta(days=2),
        birth_year=1980,
        custom={"roof": 240.5},
    )
    LeadScore.objects.create(lead=anna, fit=80, engagement=40, grade="A", band=2, cell="A2")
    anna.lead_tags.create(tag=Tag.objects.create(name="Fair"), at=AT)
    for state, days in (("given", 9), ("withdrawn", 1)):
        Consent.objects.create(
            lead=anna, channel="email", state=state, at=AT - timedelta(days=days)
        )
    Customer.objects.create(lead=anna, started_at=AT)
    for number, actor in enumerate(["human", "machine", "human"]):
        Engagement.objects.create(
            lead=anna,
            kind="page.viewed",
            label="Pricing",
            actor_class=actor,
            source_type="test",
            source_id=number,
            occurred_at=AT - timedelta(days=number),
        )
    return anna, a_lead()


def found(*leaves):
    rule = parse({"all": list(leaves)}, catalogue())
    chosen = set(Lead.objects.filter(sql.where(rule, at=AT)))
    known = records.load(Lead.objects.all(), [rule], at=AT)
    assert {lead.pk for lead in chosen} == {
        pk for pk, one in known.items() if matches(rule, one.values, at=AT, events=one.events)
    }
    return chosen


def an_operand(field, op):
    scalar = {
        "text": "anna",
        "number": 40,
        "money": 40,
        "date": "2026-11-22",
        "datetime": "2026-11-22",
        "boolean": True,
        "reference": 1,
        "references": 1,
    }.get(field.type)
    if options := field.options():
        scalar = options[0][0]
    return {"one": scalar, "list": [scalar], "pair": [scalar, scalar], "days": 3}.get(SHAPES[op])


def test_every_field_under_every_operator_means_the_same_in_python_and_sql(people):
    known = catalogue()

    for field in known.fields.values():
        for op in field.operators:
            if SHAPES[op] != "nothing" and field.choices_from and not field.options():
                continue
            leaf = {"field": field.key, "op": op, "value": an_operand(field, op)}
            positive = found(leaf)
            assert explain(parse({"all": [leaf]}, known), known)
            if op in ("is_set", "is"):
                opposite = {"is_set": "is_not_set", "is": "is_not"}[op]
                assert found(leaf | {"op": opposite}) == set(people) - positive


@pytest.mark.parametrize(
    "leaf",
    [
        {"field": "lead.first_name", "op": "is", "value": "ANNA"},
        {"field": "lead.seniority", "op": "at_least", "value": "director"},
        {"field": "lead.last_activity_at", "op": "within_last", "value": 3},
        {"field": "lead.is_customer", "op": "is", "value": True},
        {"field": "lead.address_kind", "op": "is_any_of", "value": ["work", "role"]},
        {"field": "score.grade", "op": "at_least", "value": "B"},
        {"field": "score.fit", "op": "more_than", "value": 79.5},
        {"field": "consent.email", "op": "is", "value": "withdrawn"},
        {"field": "company.revenue", "op": "at_least", "value": 5_000_000},
        {"field": "custom.roof", "op": "between", "value": [240, 241]},
        {"field": "company.custom.parks", "op": "has_any_of", "value": ["solar"]},
        {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 2, "days": 7},
        {
            "event": {
                "kind": "page.viewed",
                "where": [{"field": "label", "op": "contains", "value": "pric"}],
            },
            "op": "at_least",
            "count": 1,
            "days": 1,
        },
    ],
    ids=lambda leaf: str(leaf)[:50],
)
def test_a_condition_finds_anna_and_not_ben(people, leaf):
    anna, _ben = people

    assert found(leaf) == {anna}


LOCALS = st.sampled_from(["ann", "Info", "sales+eu", "info.eu", "INFO+a+b", '"info@x"', "x"])
DOMAINS = st.one_of(
    st.sampled_from([*sorted(emails.PUBLIC)[:9], "acme.example", "Bücher.example", "Gmail.com"]),
    st.sampled_from(sorted(disposable.domains())),
    st.builds("{}.{}".format, st.sampled_from(["a", "a.b", "a.b.c", "a.b.c.d"]),
              st.sampled_from(["mailinator.com", "yahoo-d.com", "acme.example"])),
)  # fmt: skip
ADDRESSES = st.lists(st.one_of(st.just(""), st.just("x"), st.just("@x.example"),
                               st.builds("{}@{}".format, LOCALS, DOMAINS)), max_size=30)  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(ADDRESSES)
def test_the_kind_of_an_address_is_the_same_in_python_and_sql(db, addresses):
    Lead.objects.all().delete()
    Lead.objects.bulk_create(Lead(email=one, stage_since=AT, created_at=AT) for one in addresses)

    told = Lead.objects.annotate(kind=address_kind.expression()).values_list("email", "kind")

    assert sorted(told) == sorted((one, emails.kind(one)) for one in addresses)


def test_what_machines_do_is_not_counted(people):
    assert found({"event": {"kind": "page.viewed"}, "op": "at_least", "count": 3}) == set()


def test_a_year_is_said_without_a_comma():
    rule = parse(
        {"all": [{"field": "lead.birth_year", "op": "at_least", "value": 1980}]}, catalogue()
    )

    assert explain(rule, catalogue()) == "Birth year is at least 1980"


def test_references_are_chosen_by_id_and_said_by_name(people):
    anna, _ben = people
    leaf = {"field": "lead.owner", "op": "is", "value": anna.owner_id}

    assert found(leaf) == {anna}
    assert explain(parse({"all": [leaf]}, catalogue()), catalogue()) == "Owner is Maya"


def test_a_lead_in_memory_reads_like_her_row(people):
    anna, _ben = people
    fields = list(catalogue().fields.values())
    everything = parse({"all": [{"field": f.key, "op": "is_set"} for f in fields]}, catalogue())

    stored = records.load(Lead.objects.filter(pk=anna.pk), [everything], at=AT)[anna.pk].values

    fresh = Lead.objects.get(pk=anna.pk)
    assert records.read(fresh, fields) == dict(stored)


def test_loading_takes_a_fixed_number_of_queries(people, django_assert_num_queries):
    rule = parse(
        {
            "all": [
                {"field": "lead.tags", "op": "is_set"},
                {"field": "score.fit", "op": "at_least", "value": 1},
                {"field": "company.size", "op": "at_least", "value": 1},
                {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 1},
            ]
        },
        catalogue(),
    )

    with django_assert_num_queries(3):
        records.load(Lead.objects.all(), [rule], at=AT)
