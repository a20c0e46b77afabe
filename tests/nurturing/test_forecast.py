from datetime import timedelta

import pytest

from leadflow.rulesets import selectors as rulesets
from leadflow.runs import leasing, working
from leadflow.runs.models import Run
from leadflow.segments import services as segments
from nurturing import rules
from nurturing.models import Enrolment
from nurturing.services import enrolment, existing, forecast, worst_cases
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_reader, a_sequence, condition, mail_step, wait_step

pytestmark = pytest.mark.django_db


def of_segment(*leads, **fields):
    """A running sequence whose people come by a segment, with a segment that holds these."""
    ids = [lead.pk for lead in leads]
    held = segments.create(name="Held", kind="static", lead_ids=ids, by=None, at=NOON)
    steps = fields.pop("steps", [mail_step("First"), wait_step(2), mail_step("Second")])
    return a_sequence(*steps, trigger={"kind": "segment", "ref": held.pk}, **fields)


def told_of(sequence, at=NOON, user=None):
    version = rulesets.editable(sequence.rule_set)
    return forecast.forecast(sequence, version, user=user, at=at)


def test_a_forecast_tells_who_enters_of_who_matches_and_why_the_others_do_not():
    agreed = [a_reader() for _ in range(3)]
    silent, without = a_lead(), a_lead(email="")
    sequence = of_segment(*agreed, silent, without)

    told = told_of(sequence)

    assert (told.matches, told.entering, told.is_sample) == (5, 3, False)
    assert [(str(reason), n) for reason, n in told.left_out] == [
        ("no_address", 1),
        ("no_consent", 1),
    ]


def test_the_forecast_is_what_then_happens():
    people = [a_reader(), a_reader(time_zone="Asia/Tokyo"), a_lead()]
    sequence = of_segment(*people)
    version = rulesets.current(sequence.rule_set)
    told = told_of(sequence)

    entered = existing.let_in(sequence, version, by=None, at=NOON)
    for hours in range(24):
        advance_due(at=NOON + timedelta(hours=hours))

    assert entered == told.entering == 2
    assert sum(told.tally.calendar.values()) == 2
    assert Enrolment.objects.filter(steps_done__delivery__isnull=False).count() == 2


def test_first_mails_stand_at_the_hour_of_their_readers_own_clock():
    here = a_reader(time_zone="Europe/Berlin")
    there = a_reader(time_zone="America/New_York")  # 12:00 in UTC is 7 or 8 in the morning there
    told = told_of(of_segment(here, there))

    hours = sorted(place.partition(" ")[2] for place in told.tally.calendar)

    assert hours[0] == "08"
    assert int(hours[1]) in (13, 14)


def test_a_branch_is_answered_by_what_is_true_today():
    asks = condition(yes=[mail_step("Guten Tag")], no=[wait_step(5, "days"), mail_step("Hello")])
    told = told_of(of_segment(a_reader(country="DE"), a_reader(country="FR"), steps=[asks]))

    days = sorted({place.partition(" ")[0] for place in told.tally.calendar})

    assert len(days) == 2


def test_who_reaches_three_mails_in_a_week_is_named_with_what_else_writes_to_her():
    lead = a_reader()
    other = a_sequence(mail_step("Elsewhere"), name="Newsletter")
    enrolment.enrol_many(sequence=other, lead_ids=[lead.pk], by=None, at=NOON)
    sequence = of_segment(lead, a_reader())

    told = told_of(sequence)

    assert told.crowded == 1
    assert told.tally.others == {"Newsletter": 1}


def test_who_came_by_hand_only_has_no_forecast():
    assert told_of(a_sequence()) is None


def test_many_are_looked_at_by_a_sample_that_says_so(monkeypatch):
    people = [a_reader() for _ in range(24)] + [a_lead() for _ in range(24)]
    sequence = of_segment(*people)
    monkeypatch.setattr(forecast, "LOOKED_AT", 20)

    told = told_of(sequence)

    assert told.is_sample
    assert told.tally.looked < 40
    assert told.entering + sum(n for _reason, n in told.left_out) == pytest.approx(48, abs=2)


def test_an_exact_count_is_a_run_that_goes_on_where_it_stopped(max):
    people = [a_reader() for _ in range(4)]
    sequence = of_segment(*people)
    version = rulesets.current(sequence.rule_set)
    run = forecast.count_all(sequence, version, by=max)

    assert working.execute(leasing.claim(heavy=True, run_id=run.pk)) == Run.State.DONE

    told = forecast.forecast_of(forecast.counted(sequence, version))
    assert (told.matches, told.entering) == (4, 4)


def test_many_who_match_are_let_in_by_a_run(max, monkeypatch):
    people = [a_reader() for _ in range(5)]
    sequence = of_segment(*people)
    version = rulesets.current(sequence.rule_set)
    monkeypatch.setattr(existing, "AT_ONCE", 2)

    run = existing.let_in(sequence, version, by=max, at=NOON)
    state = working.execute(leasing.claim(heavy=True, run_id=run.pk))

    assert state == Run.State.DONE
    assert Enrolment.objects.count() == 5


def test_the_pages_of_a_check_ask_a_constant_number_of_questions(
    max, django_assert_max_num_queries
):
    sequence = of_segment(*[a_reader() for _ in range(30)])
    with django_assert_max_num_queries(40):
        told_of(sequence, user=max)


def test_the_hardest_cases_are_read_first_with_what_they_lack():
    nameless = a_reader(first_name="", last_name="")
    greek = a_reader(first_name="Ελένη", last_name="Παπαδοπούλου")
    long = a_reader(first_name="Wolfeschlegelsteinhausenbergerdorff", last_name="the Elder")
    step = mail_step("Hello {{ lead.first_name }}", "Good day {{ lead.first_name }}.")
    people = type(nameless).objects.filter(pk__in=[nameless.pk, greek.pk, long.pk])

    cases = worst_cases.worst_cases(step, people)

    assert {one.lead for one in cases} == {nameless, greek, long}
    assert cases[0].lead == nameless
    assert cases[0].missing == ("lead.first_name",)
    assert "Ελένη" in next(one.html for one in cases if one.lead == greek)


def test_a_wait_for_a_to_do_is_told_as_the_latest_time():
    steps = [
        {"id": "a", "type": "todo"},
        {"id": "b", "type": "wait_until", "until": "todo", "step": "a", "most_days": 3},
        {"id": "c", "type": "todo"},
    ]
    known = rules.Known(rules.Window().hours("UTC"), 1)

    walk = rules.foresee(rules.Tree(steps), known, NOON)

    assert [(one.step["id"], one.is_latest) for one in walk] == [
        ("a", False), ("b", False), ("c", True),
    ]  # fmt: skip
    assert walk[2].at == NOON + timedelta(days=3)


def test_the_check_shows_its_numbers_and_publishes_without_those_who_match(client, max):
    sequence = of_segment(a_reader(), a_lead(), publish=False)
    client.force_login(max)

    page = client.get(f"/sequences/{sequence.pk}/check/").content.decode()
    client.post(f"/sequences/{sequence.pk}/publish/", {"revision": 1})

    assert "who match" in page
    assert "No consent for email" in page
    assert not Enrolment.objects.exists()


def test_ticking_it_lets_those_in_who_match(client, max):
    sequence = of_segment(a_reader(), a_lead(), publish=False)
    client.force_login(max)

    client.post(f"/sequences/{sequence.pk}/publish/", {"revision": 1, "also": "1"})

    assert Enrolment.objects.count() == 1


def test_each_number_of_the_check_opens_its_people(client, max):
    inside, out = a_reader(), a_lead()
    sequence = of_segment(inside, out, publish=False)
    client.force_login(max)
    url = f"/sequences/{sequence.pk}/check/people/"

    entering = client.get(url, {"view": "entering"}).content.decode()
    refused = client.get(url, {"view": "no_consent"}).content.decode()

    assert inside.get_absolute_url() in entering
    assert out.get_absolute_url() not in entering
    assert out.get_absolute_url() in refused


def test_the_mails_of_a_check_stand_in_a_sandbox(client, max):
    sequence = of_segment(a_reader(first_name="Ana"), publish=False)
    client.force_login(max)

    page = client.get(f"/sequences/{sequence.pk}/check/mails/").content.decode()

    assert "<iframe" in page
    assert "sandbox=" in page
