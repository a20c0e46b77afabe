"""The negotiation on the page of a deal, and the screen of the limits."""

from decimal import Decimal

import pytest

from leadflow.approvals.models import Approval
from leadflow.models import Organisation
from leadflow.offers.models import Offer
from pipeline.models import Concession, DealOffer
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def test_a_rep_notes_a_concession_beyond_the_limit_and_a_manager_decides(client, bob, mia):
    Organisation.objects.filter(pk=Organisation.current().pk).update(free_discount=Decimal(5))
    deal = make.deal(bob, amount=Decimal(1000))
    client.force_login(bob)
    said = {
        "subject": "price",
        "asked": "10 % off",
        "state": "given",
        "given": "8 %",
        "worth": "80",
    }
    bare = client.post(f"/deals/{deal.pk}/negotiation/new/", {**said, "given": ""})
    made = client.post(f"/deals/{deal.pk}/negotiation/new/", said)
    part = client.get(f"/deals/{deal.pk}/negotiation/", headers={"hx-request": "true"})
    row = Concession.objects.get()
    again = client.post(row.get_absolute_url(), {**said, "worth": "40"})

    assert (bare.status_code, made.status_code, again.status_code) == (422, 303, 303)
    assert "Say what you give." in bare.content.decode()
    body = part.content.decode()
    assert "Waits for approval" in body
    assert "<html" not in body
    row.refresh_from_db()
    assert row.state == "given"

    client.post(row.get_absolute_url(), said)
    client.force_login(mia)
    day = client.get("/my-day/").content.decode()
    page = client.get(f"/approvals/{Approval.objects.latest('pk').pk}/").content.decode()
    assert "8 % on" in day
    assert "asks for your yes" in day
    assert "5 % need nobody’s yes" in page


def test_an_offer_is_used_and_taken_off_from_the_page(client, bob):
    deal = make.deal(bob, amount=Decimal(1000))
    offer = Offer.objects.create(name="Spring", value=5, code="SPRING")
    client.force_login(bob)

    used = client.post(f"/deals/{deal.pk}/negotiation/offer/", {"offer": offer.pk})
    part = client.get(f"/deals/{deal.pk}/negotiation/").content.decode()
    gone = client.post(f"/deals/offers/{DealOffer.objects.get().pk}/drop/")

    assert (used.status_code, gone.status_code) == (303, 303)
    assert "<code>SPRING</code>" in part
    assert "Not used" in client.get(f"/deals/{deal.pk}/negotiation/").content.decode()


def test_an_admin_sets_the_limits_of_each_role(client, alice):
    pipeline = make.stage().pipeline
    client.force_login(alice)

    page = client.get("/settings/discounts/").content.decode()
    wrong = client.post("/settings/discounts/", {"limit_0_rep": "120"})
    saved = client.post(
        "/settings/discounts/", {"limit_0_rep": "5", f"limit_{pipeline.pk}_manager": "15.5"}
    )

    assert "Every pipeline" in page
    assert pipeline.name in page
    assert (wrong.status_code, saved.status_code) == (422, 303)
    assert 'value="15.50"' in client.get("/settings/discounts/").content.decode()
