import pytest

from leadflow.models import LeadScore
from qualification.models import BantAnswer
from qualification.services import models, scoring
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(bob):
    models.ensure_default()
    lead = a_lead(seniority="vp", phone="+31205550148", owner=bob)
    scoring.rescore([lead.pk])
    return lead


def test_the_receipt_names_each_rule_with_its_points(client, bob, lead):
    client.force_login(bob)

    page = client.get(f"/scoring/receipt/{lead.pk}/?number=fit").content.decode()

    assert "Decides" in page
    assert "+35.0" in page
    assert "Company of 50 people or more, +30" in page


def test_the_sentence_says_what_is_not_known(client, bob, lead):
    client.force_login(bob)

    assert (
        "no budget known"
        in client.get(f"/scoring/receipt/{lead.pk}/?part=sentence").content.decode()
    )


def test_a_letter_is_set_in_place_and_counts(client, bob, lead):
    client.force_login(bob)

    page = client.post(
        f"/scoring/bant/{lead.pk}/budget/", {"value": "approved"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert "1 of 4 known" in page
    assert LeadScore.objects.get().bant == 20
    assert BantAnswer.objects.get().by == bob


def test_a_value_that_the_letter_does_not_have_is_refused(client, bob, lead):
    client.force_login(bob)

    assert client.post(f"/scoring/bant/{lead.pk}/budget/", {"value": "lots"}).status_code == 422


def test_another_team_finds_neither(client, carl, lead):
    client.force_login(carl)

    for path in ("receipt", "bant"):
        assert client.get(f"/scoring/{path}/{lead.pk}/").status_code == 404
