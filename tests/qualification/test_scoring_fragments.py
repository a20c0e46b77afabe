import pytest

from leadflow.kit import clock
from leadflow.models import Engagement, LeadScore
from leadflow.rulesets import services
from qualification.models import BantAnswer
from qualification.services import editing, models, scoring
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


def test_the_receipt_says_who_told_of_intent_and_how_sure(client, bob, alice, lead):
    rule = {"name": "Looks for solar", "kind": "intent.reported", "points": 10, "half_life": 14}
    rule |= {"provider": "Bombora", "confidence": 0.6, "group": "intent"}
    editing.put_rule(section="events", replacing="", rule=rule, by=alice)
    services.publish(models.the_model(), by=alice)
    for number, (provider, sure) in enumerate([("Bombora", 0.9), ("Bombora", 0.7), ("G2", 0.9)]):
        Engagement.objects.create(
            lead=lead, kind="intent.reported", topic="solar", provider=provider, confidence=sure,
            source_type="test", source_id=number, occurred_at=clock.now(),
        )  # fmt: skip
    client.force_login(bob)

    page = client.get(f"/scoring/receipt/{lead.pk}/?number=engagement").text

    assert "Looks for solar, 2 times, told by Bombora, 0.7 sure" in page


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

    assert "<b>20</b> of 100, 1 of 4 known" in page
    assert LeadScore.objects.get().bant == 20
    assert BantAnswer.objects.get().by == bob


def test_a_value_that_the_letter_does_not_have_is_refused(client, bob, lead):
    client.force_login(bob)

    assert client.post(f"/scoring/bant/{lead.pk}/budget/", {"value": "lots"}).status_code == 422


def test_another_team_finds_neither(client, carl, lead):
    client.force_login(carl)

    for path in ("receipt", "bant"):
        assert client.get(f"/scoring/{path}/{lead.pk}/").status_code == 404
