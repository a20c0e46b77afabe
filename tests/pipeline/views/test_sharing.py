"""The collateral page, and sharing from the pages of deals and people."""

import pytest

from leadflow.assets.models import ContentItem
from pipeline.models import ObjectionAnswer, ObjectionKind, Share
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def test_a_rep_shares_an_item_copies_its_link_and_ends_it(client, bob):
    case = ContentItem.objects.create(
        title="The cold store", kind="case_study", url="https://x.example/c"
    )
    deal, lead = make.deal(bob), make.lead(bob)
    client.force_login(bob)

    bad = client.post(f"/deals/{deal.pk}/shared/new/", {"item": case.pk, "days": 0})
    made = client.post(f"/deals/{deal.pk}/shared/new/", {"item": case.pk, "days": 14})
    hers = client.post(f"/deals/shared/of-lead/{lead.pk}/new/", {"item": case.pk, "days": 14})
    row = Share.objects.get(deal=deal)
    part = client.get(f"/deals/{deal.pk}/shared/", headers={"hx-request": "true"}).content.decode()
    gone = client.post(f"/deals/shared/{row.pk}/end/")

    assert (bad.status_code, made.status_code, hers.status_code, gone.status_code) == (
        422,
        303,
        303,
        303,
    )
    assert f"/l/{row.link.code}/" in part
    assert "<html" not in part
    assert "Ended" in client.get(f"/deals/{deal.pk}/shared/").content.decode()
    assert "The cold store" in client.get(f"/deals/shared/of-lead/{lead.pk}/").content.decode()
    assert client.get(row.link.path, headers={"user-agent": "Mozilla/5.0"}).status_code == 404


def test_collateral_is_narrowed_by_type_persona_and_objection_and_opens_its_numbers(
    client, bob, django_assert_max_num_queries
):
    kind = ObjectionKind.objects.create(name="Too dear")
    for number in range(3):
        item = ContentItem.objects.create(
            title=f"Deck {number}", kind="deck", url=f"https://x.example/{number}",
            personas=["chief"] if number else ["staff"],
        )  # fmt: skip
    ObjectionAnswer.objects.create(kind=kind, title="Look", words="See.", item=item)
    client.force_login(bob)
    client.post(
        f"/deals/{make.deal(bob, name='Roof').pk}/shared/new/", {"item": item.pk, "days": 3}
    )

    with django_assert_max_num_queries(20):
        page = client.get("/deals/collateral/").content.decode()
    chiefs = client.get("/deals/collateral/?whom=chief").content.decode()
    answers = client.get(f"/deals/collateral/?answers={kind.pk}").content.decode()
    rows = client.get(f"/deals/collateral/{item.pk}/shared/").content.decode()

    assert all(f"Deck {number}" in page for number in range(3))
    assert ("Deck 0" in chiefs, "Deck 1" in chiefs) == (False, True)
    assert ("Deck 1" in answers, "Deck 2" in answers) == (False, True)
    assert "Roof" in rows
    assert client.get(f"/deals/collateral/{item.pk}/nonsense/").status_code == 404
