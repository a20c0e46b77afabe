from datetime import timedelta

import pytest

from leadflow.rulesets import selectors as rulesets
from nurturing.models import Enrolment
from nurturing.services import enrolment, trying
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_reader, a_sequence, condition, mail_step, wait_step

pytestmark = pytest.mark.django_db


def trial_of(sequence, lead, at=NOON):
    return trying.try_on(sequence, rulesets.editable(sequence.rule_set), lead, at)


def test_each_step_is_told_with_its_time_by_her_clock():
    lead = a_reader(time_zone="Asia/Tokyo")  # it is evening there
    told = trial_of(a_sequence(mail_step("One"), wait_step(1, at="10:00"), mail_step("Two")), lead)

    one, wait, two = told.lines

    assert told.reason is None
    assert "08:0" in one.when or "08:1" in one.when
    assert wait.when.endswith("10:00, their time")
    assert two.when.startswith("would go out")


def test_a_branch_shows_her_way_and_the_other_one():
    asks = condition(yes=[mail_step("Guten Tag")], no=[mail_step("Hello"), wait_step()])
    told = trial_of(a_sequence(asks, mail_step("Both")), a_reader(country="DE"))

    yes, no = told.lines[0].ways

    assert (yes.is_hers, no.is_hers) == (True, False)
    assert [line.name for line in yes.lines] == ["Mail “Guten Tag”"]
    assert [line.kind for line in no.lines] == ["email", "wait"]
    assert [line.name for line in told.lines] == ["Condition", "Mail “Both”"]


def test_what_would_keep_her_out_is_said():
    told = trial_of(a_sequence(), a_lead())

    assert told.reason == "no_consent"
    assert len(told.lines) == 3


def test_what_is_told_is_what_then_happens():
    lead, sequence = a_reader(), a_sequence(mail_step("One"), wait_step(2), mail_step("Two"))
    foreseen = {line.step_id: line.at for line in trial_of(sequence, lead).lines}
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    moments = sorted({*foreseen.values(), NOON + timedelta(days=2)})
    for moment in moments:
        advance_due(at=moment)

    done = dict(Enrolment.objects.get().steps_done.values_list("step", "at"))

    assert done == foreseen


def test_trying_it_on_a_lead_is_a_page(client, max):
    lead, sequence = a_reader(), a_sequence(publish=False)
    client.force_login(max)

    page = client.get(f"/sequences/{sequence.pk}/try/", {"lead": lead.pk}).content.decode()

    assert "could enter now" in page
    assert "would go out" in page
