"""A trial user is qualified by what she does in the trial, what she says of it, and what she would pay."""

import pytest

from capture.blocks.starts import block
from capture.services import forms
from leadflow.models import Lead, LeadStage
from leadflow.rulesets.models import Decision
from qualification.services import editing, models
from tests.factories.capture import published_form, token_of
from tests.leadflow.api.test_api_v1 import call

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey(alice):
    """The survey of a trial, and a score model that reads its answers beside the use of the product."""
    form = published_form(
        block("email"),
        block("scale", label="How likely are you to recommend us?", name="nps"),
        block("money", label="What is it worth to you a year?", name="worth"),
        name="Trial survey",
    )
    models.ensure_default()
    said = {"nps": ("Would recommend us", 9, 30), "worth": ("Would pay", 1_000, 50)}
    for name, (title, least, points) in said.items():
        field = f"answer.{form.public_id}.{name}"
        when = {"all": [{"field": field, "op": "at_least", "value": least}]}
        rule = {"name": title, "when": when, "points": points}
        editing.put_rule(section="attributes", replacing="", rule=rule, by=alice)
    used = {"name": "Uses the trial", "kind": "product.used", "points": 15, "half_life": 14}
    editing.put_rule(section="events", replacing="", rule=used | {"group": "trial"}, by=alice)
    editing.publish(by=alice, note="Trials", revision=None)
    return form


def post(client, form, **answers):
    body = {"email": "ann@a.example", "website_url": "", "token": token_of(form)}
    sent = client.post(form.public_path, body | {"client_id": f"post-{form.pk:05}"} | answers)
    assert sent.status_code in {200, 302, 303}


def a_trial(client, alice):
    trial = forms.create(name="Trial", by=alice, start="trial")
    forms.publish(form=trial, by=alice)
    post(client, trial, first_name="Ann", company="A Ltd")
    told = [{"id": f"e-{n}", "name": "export made", "email": "ann@a.example"} for n in range(4)]
    call(client, alice, "/api/v1/events/", ["events:write"], {"events": told})


@pytest.mark.parametrize(
    ("nps", "worth", "outcome"), [("10", "2500", "qualified"), ("3", "100", None)]
)
def test_use_feedback_and_willingness_to_pay_qualify_a_trial_user(
    client, alice, survey, drain_events, nps, worth, outcome
):
    a_trial(client, alice)
    drain_events()
    before = Lead.objects.get()
    assert before.stage == LeadStage.LEAD
    assert before.score.band == 1

    post(client, survey, nps=nps, worth=worth)
    drain_events()

    lead = Lead.objects.get()
    decided = Decision.objects.latest_of(lead.pk, "score")
    assert (lead.stage == LeadStage.MQL) == (outcome == "qualified")
    assert outcome is None or decided.outcome == outcome
    client.force_login(alice)
    receipt = client.get(f"/scoring/receipt/{lead.pk}/?number=fit").text
    assert ("Would pay" in receipt.partition("What would raise it")[0]) == (outcome == "qualified")
