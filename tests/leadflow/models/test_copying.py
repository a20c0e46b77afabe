"""COPY writes the rows that INSERT writes."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from leadflow.models import Company, ExchangeRate, Lead, LeadScore
from leadflow.models.copying import blanks, copy_in, copy_values, rewrite
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db

WHEN = datetime(2026, 3, 1, 8, 30, 0, 123, tzinfo=UTC)
NASTY = ["tab\there", "line\nbreak\r", "back\\slash \\N \\. \\t", "\"quoted\", 'so'", "", "Zoë 🦊"]


def a_row(name):
    return Lead(
        first_name=name, stage_since=WHEN, created_at=WHEN, custom={"said": [name, None, 1.5]}
    )


def test_any_text_comes_back_as_it_was():
    rows = [a_row(text) for text in NASTY]
    copy_in(rows)
    stored = Lead.objects.order_by("pk")
    assert [row.first_name for row in stored] == NASTY
    assert [row.custom["said"] for row in stored] == [[text, None, 1.5] for text in NASTY]
    assert stored[0].created_at == WHEN


def test_each_object_gets_its_own_id_and_may_be_saved_again():
    rows = [a_row(str(n)) for n in range(5)]
    copy_in(rows)
    rows[3].city = "Ulm"
    rows[3].save()
    assert Lead.objects.get(city="Ulm").first_name == "3"
    assert a_lead("later@a.example").pk > rows[-1].pk


def test_a_row_that_breaks_a_constraint_refuses_all():
    rows = [a_row("a"), a_row("b")]
    rows[1].public_id = rows[0].public_id
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_in(rows)
    assert not Lead.objects.exists()


def test_columns_that_are_not_named_have_their_default():
    lead = a_lead("ada@a.example")
    LeadScore.objects.all().delete()
    copy_values(LeadScore, ("lead_id", "fit"), [(lead.pk, 2.5)])
    score = LeadScore.objects.get()
    assert (score.lead, score.fit, score.cell, score.version) == (lead, 2.5, "D4", None)


def test_no_rows_are_no_work(django_assert_num_queries):
    with django_assert_num_queries(0):
        copy_in([])
        copy_values(LeadScore, ("lead_id",), [])
        rewrite([], ["city"])


def test_days_and_decimals_are_exact():
    rate = Decimal("0.00000123")
    copy_values(ExchangeRate, ("currency", "on", "rate"), [("JPY", date(2026, 3, 1), rate)])
    stored = ExchangeRate.objects.get(currency="JPY")
    assert (stored.on, stored.rate) == (date(2026, 3, 1), rate)


def test_only_the_named_fields_of_the_given_rows_are_rewritten():
    company = Company.objects.create(name="Acme", name_norm="acme", created_at=WHEN)
    ada, bo = a_lead("ada@a.example"), a_lead("bo@a.example")
    ada.city, ada.company, ada.first_name = "Ulm", company, uuid.uuid4().hex
    rewrite([ada], ["city", "company"])
    ada.refresh_from_db()
    bo.refresh_from_db()
    assert (ada.city, ada.company, ada.first_name) == ("Ulm", company, "")
    assert (bo.city, bo.company) == ("", bo.company)


def test_blank_rows_are_what_the_model_makes_and_share_nothing():
    one, other = blanks(Lead, 2)
    plain = Lead()

    made = {"public_id", "custom", "social"}  # anew for each
    fixed = [field.attname for field in Lead._meta.concrete_fields if field.attname not in made]
    assert [getattr(one, name) for name in fixed] == [getattr(plain, name) for name in fixed]
    assert one.public_id not in (other.public_id, plain.public_id)
    assert one.custom == {}
    assert one.custom is not other.custom
    assert one._state is not other._state
    assert one._state.adding
