"""A value is changed where it stands in a list."""

from decimal import Decimal

import pytest

from leadflow.events.models import Event
from leadflow.services import leads
from tests.factories.core import a_lead
from tests.factories.pipeline import deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def test_a_cell_becomes_a_field_that_holds_its_value(as_bob, bob):
    row = deal(owner=bob, amount=Decimal(1200))

    page = as_bob.get(f"/deals/{row.pk}/cell/amount/").content.decode()

    assert page.lstrip().startswith("<td")
    assert 'value="1200' in page


def test_what_was_typed_is_written_and_the_cell_reads_anew(as_bob, bob):
    row = deal(owner=bob, amount=Decimal(1200))

    answer = as_bob.post(f"/deals/{row.pk}/cell/amount/", {"value": "950", "version": row.version})

    row.refresh_from_db()
    assert row.amount == 950
    assert "950" in answer.content.decode()
    assert Event.objects.filter(kind="deal.changed", subject_id=row.pk).exists()


def test_what_cannot_be_taken_stays_typed_with_the_reason_beside_it(as_bob, bob):
    row = deal(owner=bob)

    answer = as_bob.post(f"/deals/{row.pk}/cell/amount/", {"value": "lots"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="lots"' in page
    assert "Enter a number." in page


def test_a_row_that_somebody_changed_meanwhile_is_not_overwritten(as_bob, bob):
    lead = a_lead(owner=bob, country="SE")
    seen = lead.version
    leads.update(lead, values={"country": "NO"}, by=None)

    answer = as_bob.post(f"/leads/{lead.pk}/cell/country/", {"value": "DE", "version": seen})

    lead.refresh_from_db()
    assert answer.status_code == 409
    assert lead.country == "NO"


def test_a_lead_moves_to_another_company_by_its_name(as_bob, bob):
    lead = a_lead(owner=bob)

    as_bob.post(f"/leads/{lead.pk}/cell/company/", {"value": "Acme", "version": lead.version})

    lead.refresh_from_db()
    assert lead.company.name == "Acme"


@pytest.mark.parametrize("column", ["stage", "score", "nonsense"])
def test_a_column_that_is_not_changed_in_place_is_not_there(as_bob, bob, column):
    assert as_bob.get(f"/leads/{a_lead(owner=bob).pk}/cell/{column}/").status_code == 404


def test_a_rep_gives_no_lead_away_in_place(as_bob, bob, mia):
    lead = a_lead(owner=bob)

    answer = as_bob.post(f"/leads/{lead.pk}/cell/owner/", {"value": mia.pk})

    lead.refresh_from_db()
    assert answer.status_code == 403
    assert lead.owner == bob


def test_the_list_says_which_columns_change_only_to_those_who_may(client, bob, vera):
    a_lead(owner=bob)
    client.force_login(bob)
    page = client.get("/leads/").content.decode()
    assert 'data-edit="company"' in page
    assert 'data-edit="owner"' not in page
    client.force_login(vera)
    assert "data-edit=" not in client.get("/leads/").content.decode()
