"""What a file tells of the past: the days of the stages, how it ended, and who had her since when."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.events.models import Event
from leadflow.history.changes import as_of
from leadflow.history.models import FieldChange
from leadflow.imports import undoing
from leadflow.imports.registry import target_of
from leadflow.insights import rollups
from leadflow.insights.asking import Ask, everything
from leadflow.insights.figures import Figures
from leadflow.insights.kpis import compute
from leadflow.insights.measures import COLUMNS, Mark, Rules
from leadflow.insights.models import Counted
from leadflow.kit.periods import Period
from leadflow.models import Lead, LeadCycle, LeadStage
from leadflow.models.stages import STAMP
from leadflow.services.leads.past import Past
from leadflow.web.csv import lines as csv_lines
from tests.leadflow.insights import by_hand

WHOLE = (
    "email,created,became a lead date,MQL date,SAL date,SQL date,became an opportunity date,customer since\n"
    "ada@a.example,2024-01-05,2024-01-05,2024-01-20,2024-01-22,2024-02-01,2024-02-10,2024-03-01\n"
    "bo@b.example,2024-01-06,,2024-03-20,,,,\n"
    "cy@c.example,2024-02-01,,,,,,\n"
    "di@d.example,,,,,2024-01-09,,\n"
)


def at(year, month, day):
    return datetime(year, month, day, tzinfo=UTC)


@pytest.mark.django_db
def test_each_stage_has_the_day_of_the_file_on_the_walk_of_the_lead(bring):
    assert bring("lead", WHOLE).created == 4

    ada = Lead.objects.get(email="ada@a.example")
    assert (ada.stage, ada.furthest_stage, ada.stage_since) == (
        "customer",
        "customer",
        at(2024, 3, 1),
    )
    cycle = ada.cycles.get()
    assert [getattr(cycle, STAMP[stage]) for stage in LeadStage.values] == [
        None, at(2024, 1, 5), at(2024, 1, 20), at(2024, 1, 22), at(2024, 2, 1), at(2024, 2, 10), at(2024, 3, 1),
    ]  # fmt: skip
    di = Lead.objects.get(email="di@d.example")
    assert (di.stage, di.created_at) == ("sql", at(2024, 1, 9))


@pytest.mark.django_db
def test_each_step_is_a_fact_of_its_own_day_and_starts_nothing(bring, bob, drain_events):
    bring("lead", WHOLE)
    drain_events()

    ada = Lead.objects.get(email="ada@a.example")
    told = Event.objects.filter(kind="lead.advanced", lead_id=ada.pk)
    steps = [(one.data["from"], one.data["to"], one.occurred_at) for one in told.order_by("pk")]
    assert steps == [
        ("lead", "mql", at(2024, 1, 20)), ("mql", "sal", at(2024, 1, 22)), ("sal", "sql", at(2024, 2, 1)),
        ("sql", "opportunity", at(2024, 2, 10)), ("opportunity", "customer", at(2024, 3, 1)),
    ]  # fmt: skip
    assert {one.origin for one in told} == {"import"}
    assert not Lead.objects.exclude(owner=None).exists()


@pytest.mark.django_db
def test_a_lead_can_be_read_as_it_was_on_a_day_of_its_past(bring):
    bring("lead", WHOLE)
    ada = Lead.objects.get(email="ada@a.example")

    days = [at(2024, 1, 10), at(2024, 1, 21), at(2024, 2, 5), at(2024, 4, 1)]
    assert [as_of(ada, day).stage for day in days] == ["lead", "mql", "sql", "customer"]


@pytest.mark.django_db
def test_the_numbers_count_the_past_on_its_days_as_worked_out_by_hand(bring, bob, drain_events):
    bring("lead", WHOLE)
    bring("lead", f"email,owner,owner since,outcome,outcome since\nz@z.example,{bob.name},2024-01-09,,\n"
                  "y@y.example,,,disqualified,2024-02-02\n")  # fmt: skip
    drain_events()

    rows = Counted.objects.values_list(*COLUMNS)
    assert sorted(Mark(*row) for row in rows) == sorted(by_hand.every(Rules.current()))
    assert list(rollups.wrong_leads(list(Lead.objects.values_list("pk", flat=True)))) == []
    january = Period(date(2024, 1, 1), date(2024, 2, 1))
    figures = Figures(Ask(everything(), january, at(2024, 12, 1)))
    assert compute("leads", figures).number == 4  # Ada, Bo, Di and the one of Bob
    assert compute("became_mql", figures).number == Decimal(
        "0.5"
    )  # Bo took 74 days, Bob's never did


@pytest.mark.django_db
def test_an_owner_has_had_her_since_the_day_of_the_file(bring, bob):
    bring(
        "lead", f"email,created,owner,owner since\nada@a.example,2024-01-05,{bob.name},2024-02-01\n"
    )

    ada = Lead.objects.get()
    assert (ada.owner, ada.assigned_at) == (bob, at(2024, 2, 1))
    assert (as_of(ada, at(2024, 1, 10)).owner_id, as_of(ada, at(2024, 2, 2)).owner_id) == (
        None,
        bob.pk,
    )
    assert Event.objects.get(kind="lead.assigned").occurred_at == at(2024, 2, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "stamp", "kind"),
    [("disqualified", "disqualified_at", "lead.disqualified"), ("recycled", "recycled_at", "lead.recycled")],
)  # fmt: skip
def test_how_it_ended_is_kept_with_its_day_and_reason(bring, outcome, stamp, kind):
    bring(
        "lead",
        f"email,mql date,outcome,outcome date,closed reason\na@a.example,2024-01-05,{outcome},2024-02-03,No budget\n",
    )

    lead = Lead.objects.get()
    cycle = lead.cycles.get()
    assert (lead.disposition, getattr(cycle, stamp), cycle.reason) == (
        outcome,
        at(2024, 2, 3),
        "No budget",
    )
    event = Event.objects.get(kind=kind)
    assert (event.occurred_at, event.origin, event.data["reason"]) == (
        at(2024, 2, 3),
        "import",
        "No budget",
    )
    assert as_of(lead, at(2024, 2, 1)).disposition == ""


@pytest.mark.django_db
def test_a_day_to_come_and_a_customer_who_is_no_fit_are_refused(bring):
    soon = (datetime.now(UTC) + timedelta(days=9)).date()
    done = bring("lead", f"email,mql date,customer since,outcome\na@a.example,{soon},,\n"
                         "b@b.example,,2024-01-01,recycled\n")  # fmt: skip

    assert (done.failed, Lead.objects.count()) == (2, 0)
    reasons = [row.reason for row in done.rows.order_by("line_no")]
    assert reasons == [
        "This day has not come yet: MQL since.",
        "A customer is neither disqualified nor recycled.",
    ]


@pytest.mark.django_db
def test_who_is_treated_as_new_has_no_past(bring, drain_events):
    bring("lead", WHOLE, choices={"as_new": True})

    stamps = LeadCycle.objects.values_list("mql_at", "customer_at")
    assert set(Lead.objects.values_list("stage", "origin")) == {("lead", "live")}
    assert set(stamps) == {(None, None)}
    assert not Event.objects.filter(kind="lead.advanced").exists()


@pytest.mark.django_db
def test_a_past_goes_out_and_comes_in_again_the_same(bring, bob):
    bring("lead", WHOLE)
    bring(
        "lead",
        f"email,mql date,owner,owner since,outcome,outcome since,closed reason\nz@z.example,2024-01-09,{bob.name},2024-01-10,recycled,2024-02-02,Later\n",
    )
    target = target_of("lead")
    keys = [one.key for one in target.fields()]
    before = list(target.export())
    text = "".join(csv_lines(keys, ([row.get(key) for key in keys] for row in before)))
    for done in list(undoing.Import.objects.order_by("-pk")):
        undoing.undo_here(done, by=None)
    assert not Lead.objects.exists()

    assert bring("lead", text).created == 5
    assert list(target.export()) == before


@pytest.mark.django_db
def test_an_import_with_a_past_is_taken_back_without_trace(bring):
    undone = undoing.undo_here(bring("lead", WHOLE), by=None)

    assert (undone.undone, undone.kept, Lead.objects.count(), LeadCycle.objects.count()) == (
        4,
        0,
        0,
        0,
    )
    assert not FieldChange.objects.filter(object_type="leadflow.lead").exists()


DAYS = st.datetimes(datetime(2020, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC))


@given(
    reached=st.dictionaries(st.sampled_from(LeadStage.values), DAYS),
    stage=st.sampled_from(["", *LeadStage.values]),
    known=DAYS,
)
def test_steps_are_in_order_of_time_name_each_stage_once_and_end_where_she_stands(
    reached, stage, known
):
    past = Past(reached=reached)
    began, stands = past.began(known), past.stage(stage)
    steps = past.steps(stands, began)

    moments, names = [at for _one, at in steps], [one for one, _at in steps]
    assert moments == sorted(moments)
    assert moments[0] >= began
    assert len(names) == len(set(names))
    assert stands in names
    assert {one: dict(steps)[one] for one in reached} == reached
