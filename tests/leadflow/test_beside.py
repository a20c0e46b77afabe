"""Short lists beside a record come in one statement, as rows of their model."""

from datetime import timedelta

import pytest
from django.db.models import Exists, Value

from leadflow.models import Activity, Company, Consent, Tag, Touchpoint
from leadflow.models.beside import Aside, beside
from leadflow.services import notes
from tests.factories.core import NOON, a_company, a_lead, a_source

pytestmark = pytest.mark.django_db


def test_all_that_was_asked_comes_in_one_statement(django_assert_num_queries):
    lead = a_lead()
    notes.tag_many(lead_ids=[lead.pk], names=["b", "a"], by=None)

    with django_assert_num_queries(1):
        found = beside(
            lead,
            tags=Aside(lead.tags.all(), "name"),
            none=Aside(Tag.objects.none(), "name"),
            nothing=Aside(Tag.objects.filter(name="c"), "name"),
            has_tags=Exists(lead.tags.all()),
            seven=Value(7),
        )

    assert [tag.name for tag in found["tags"]] == ["a", "b"]
    assert (found["none"], found["nothing"]) == ([], [])
    assert (found["has_tags"], found["seven"]) == (True, 7)


def test_values_are_what_the_model_would_have_read():
    lead, at = a_lead(), NOON + timedelta(microseconds=1)
    Touchpoint.objects.create(
        lead=lead, source=a_source("Fair"), occurred_at=at, utm={"utm_source": 'a "quoted" ü'}
    )
    [read], [kept] = (
        beside(
            lead, all=Aside(lead.touchpoints, "occurred_at", "utm", "source__id", "source__name")
        )["all"],
        list(lead.touchpoints.select_related("source")),
    )

    assert (read.pk, read.occurred_at, read.utm) == (kept.pk, kept.occurred_at, kept.utm)
    assert (read.source, read.source.name, read.source_id) == (
        kept.source, kept.source.name, kept.source_id,
    )  # fmt: skip


def test_what_points_nowhere_is_none(bob):
    lead, company = a_lead(), a_company("North")
    Activity.objects.create(kind="call", subject="x", lead=lead, owner=bob, created_at=NOON)
    found = beside(
        lead,
        steps=Aside(Activity.objects.filter(lead=lead), "due_at", "company__id", "company__name"),
        firms=Aside(Company.objects.filter(pk=company.pk), "merged_into__id", "merged_into__name"),
    )

    assert (found["steps"][0].company, found["steps"][0].due_at) == (None, None)
    assert found["firms"][0].merged_into is None


def test_order_cut_and_the_newest_of_each_are_kept():
    lead = a_lead()
    for n, state in enumerate(["given", "withdrawn"]):
        Consent.objects.create(
            lead=lead,
            channel="email",
            purpose="x",
            state=state,
            at=NOON + timedelta(days=n),
            text="-",
        )
    newest = lead.consents.order_by("channel", "-at").distinct("channel")

    assert [one.state for one in beside(lead, all=Aside(newest, "state"))["all"]] == ["withdrawn"]
    cut = Aside(lead.consents.order_by("at")[:1], "state")
    assert [one.get_state_display() for one in beside(lead, all=cut)["all"]] == ["Given"]


def test_a_field_that_was_not_named_is_read_when_asked(bob, django_assert_num_queries):
    lead = a_lead(owner=bob, first_name="Ada")
    [read] = beside(lead, all=Aside(type(lead).objects.filter(pk=lead.pk), "stage"))["all"]

    with django_assert_num_queries(1):
        assert read.first_name == "Ada"
