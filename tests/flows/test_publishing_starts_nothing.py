"""Publishing a score moves people through segments; it starts their sequences only where chosen."""

from datetime import timedelta

import pytest
import time_machine

from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import LeadScore
from leadflow.runs import leasing, working
from leadflow.runs.models import Run
from leadflow.segments import services as segments
from leadflow.segments.models import SegmentMember
from leadflow.services import leads
from nurturing.models import Enrolment
from qualification.services import editing, models, scoring
from tests.factories.nurturing import a_reader, a_sequence

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model(db):
    return models.ensure_default()


@pytest.fixture
def as_max(client, max):
    client.force_login(max)
    return client


def work_runs():
    while run := leasing.claim(heavy=True):
        assert working.execute(run) == Run.State.DONE


def fit_segment(name="Fitting", least=50):
    rule = {"all": [{"field": "score.fit", "op": "at_least", "value": least}]}
    return segments.create(name=name, condition=rule, by=None)


def waiting_for(segment, name="For the fitting"):
    return a_sequence(name=name, trigger={"kind": "segment", "ref": segment.pk})


def a_manager(drain_events):
    """A lead of fit 15 by the default model, scored and settled."""
    lead = a_reader(seniority="manager", email="m@gmail.com")
    scoring.rescore([lead.pk])
    drain_events()
    return lead


def value_managers(by, points=60):
    rule = {"all": [{"field": "lead.seniority", "op": "is", "value": "manager"}]}
    made = {"name": "Manages", "when": rule, "points": points}
    return editing.put_rule(section="attributes", replacing="Manages", rule=made, by=by)


def test_a_publishing_moves_people_into_a_segment_and_starts_no_sequence(as_max, max, drain_events):
    segment = fit_segment()
    waiting_for(segment)
    lead = a_manager(drain_events)
    value_managers(max)

    as_max.post("/scoring/publish/", {})
    work_runs()
    drain_events()

    assert LeadScore.objects.get(lead=lead).fit >= 50
    assert SegmentMember.objects.current().filter(segment=segment, lead=lead).exists()
    assert Event.objects.get(kind="segment.entered").data["by_publishing"] is True
    assert not Enrolment.objects.exists()


def test_a_score_that_crosses_the_line_within_its_cell_starts_nothing_either(
    as_max, max, drain_events
):
    lead = a_manager(drain_events)
    segment = fit_segment(least=16)
    waiting_for(segment)
    value_managers(max, points=17)

    as_max.post("/scoring/publish/", {})
    work_runs()
    drain_events()
    segments.refresh(segment)
    drain_events()

    assert not Event.objects.filter(kind="score.changed", data__by_publishing=True).exists()
    assert SegmentMember.objects.current().filter(segment=segment, lead=lead).exists()
    assert not Enrolment.objects.exists()


def test_a_segment_of_a_segment_starts_nothing_either(as_max, max, drain_events):
    inner = fit_segment()
    about = {"all": [{"field": "lead.in_segment", "op": "has_any_of", "value": [inner.pk]}]}
    outer = segments.create(name="Outer", condition=about, by=None)
    waiting_for(outer)
    lead = a_manager(drain_events)
    value_managers(max)

    as_max.post("/scoring/publish/", {})
    work_runs()
    drain_events()

    assert SegmentMember.objects.current().filter(segment=outer, lead=lead).exists()
    assert not Enrolment.objects.exists()


def test_the_preview_names_the_sequences_and_how_many_people_would_enter(as_max, max, drain_events):
    waiting_for(fit_segment())
    a_manager(drain_events)
    value_managers(max)

    page = as_max.get("/scoring/preview/?part=numbers").content.decode()

    assert "For the fitting" in page
    assert "1 person would enter" in page
    assert 'name="enrol" value="yes">' in page


def test_the_preview_is_silent_where_no_sequence_waits(as_max, max, drain_events):
    fit_segment()
    a_manager(drain_events)
    value_managers(max)

    assert 'name="enrol"' not in as_max.get("/scoring/preview/?part=numbers").content.decode()


def test_ticking_the_box_starts_the_sequences(as_max, max, drain_events):
    waiting_for(fit_segment())
    lead = a_manager(drain_events)
    value_managers(max)

    as_max.post("/scoring/publish/", {"enrol": "yes"})
    work_runs()
    drain_events()

    assert Enrolment.objects.get().lead == lead


def test_who_changes_herself_after_a_publishing_starts_as_always(as_max, max, drain_events):
    waiting_for(fit_segment())
    lead = a_reader(email="n@gmail.com")
    scoring.rescore([lead.pk])
    drain_events()
    value_managers(max)
    as_max.post("/scoring/publish/", {})
    work_runs()
    drain_events()

    leads.update(lead, values={"seniority": "manager"}, by=max)
    drain_events()

    assert Enrolment.objects.get().lead == lead


@pytest.mark.parametrize(("ticked", "started"), [({}, 0), ({"enrol": "yes"}, 1)])
def test_who_falls_out_by_a_publishing_enters_for_the_unready_only_where_chosen(
    as_max, max, drain_events, ticked, started
):
    a_sequence(name="For the unready", trigger={"kind": "cooled"})
    lead = a_manager(drain_events)
    cell = LeadScore.objects.get(lead=lead).cell
    editing.set_threshold(cells=[cell], hand_raise=[], by=max)
    as_max.post("/scoring/publish/", {})
    work_runs()

    # who qualified stays so for a day
    with time_machine.travel(clock.now() + timedelta(days=2)):
        editing.set_threshold(cells=["A1"], hand_raise=[], by=max)
        page = as_max.get("/scoring/preview/?part=numbers").content.decode()
        as_max.post("/scoring/publish/", ticked)
        work_runs()
        drain_events()

    assert "For the unready" in page
    assert Enrolment.objects.count() == started
