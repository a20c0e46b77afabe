"""The sums that the relay keeps up equal the rows, whatever happens to leads and deals, in any order."""

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection

from leadflow.errors import LeadflowError
from leadflow.events import registry
from leadflow.events.models import Event, EventFailure
from leadflow.insights import rollups
from leadflow.insights.asking import Ask, everything
from leadflow.insights.figures import Figures
from leadflow.insights.kpis import compute
from leadflow.insights.measures import COLUMNS, Mark, Rules
from leadflow.insights.models import Counted, DailyFact, Delta, RollupState
from leadflow.kit.periods import Period
from leadflow.models import Lead, LeadStage, Organisation
from leadflow.services import activities, leads, merging, privacy
from pipeline.models import Deal, LostReason, StageKind
from pipeline.services import deals, splits
from tests.factories.core import a_lead, a_source
from tests.leadflow.insights import by_hand
from tests.leadflow.insights.conftest import NOW, Q2, again, bring, days, stage_of
from tests.leadflow.insights.year.test_oracle import ORACLE, one

pytestmark = pytest.mark.django_db


def kept(user=None, period=Q2, at=NOW, **narrow):
    """The figures as the relay left them: nothing is counted anew."""
    return Figures(Ask(user or everything(), period, at, **narrow))


def wrong():
    """Everything that is counted otherwise than the rows say."""
    found = [*rollups.wrong_leads(list(Lead.objects.values_list("pk", flat=True)))]
    found += rollups.wrong_deals(list(Deal.objects.values_list("pk", flat=True)))
    return found, rollups.wrong_sums()


def stored():
    """What is kept, as marks."""
    rows = Counted.objects.values_list(*COLUMNS)
    return sorted(Mark(*row) for row in rows)


class Story:
    """Steps of daily work, drawn at random."""

    def __init__(self, seed, owners):
        self.dice, self.owners, self.at = random.Random(seed), owners, days(-40)
        self.sources = [a_source("Ads"), a_source("Fair"), None]
        self.reasons = [LostReason.objects.create(name="Too dear"),
                        LostReason.objects.create(name="Came twice", counts=False)]  # fmt: skip

    def step(self):
        self.at += timedelta(hours=self.dice.randint(1, 60))
        with suppress(LeadflowError):
            self.dice.choice(self.STEPS)(self)

    def lead(self):
        rows = list(Lead.objects.filter(merged_into=None).order_by("pk"))
        return self.dice.choice(rows) if rows else a_lead(at=self.at)

    def deal(self, **which):
        rows = list(Deal.objects.filter(**which).order_by("pk"))
        return self.dice.choice(rows) if rows else self.opens()

    def arrives(self):
        a_lead(at=self.at, source=self.dice.choice(self.sources))

    def comes_backdated(self):
        then = self.at - timedelta(days=self.dice.randint(1, 200))
        a_lead(at=then, source=self.dice.choice(self.sources), origin="import")

    def advances(self):
        stage = self.dice.choice(LeadStage.values[1:])
        leads.advance_many(lead_ids=[self.lead().pk], to=stage, by=None, at=self.at)

    def changes_hands(self):
        leads.assign(self.lead(), owner=self.dice.choice(self.owners), by=None, at=self.at)

    def is_touched(self):
        lead = self.lead()
        activities.log(
            lead=lead, kind="call", subject="Called", by=None, owner=lead.owner, at=self.at
        )

    def merges(self):
        merging.merge(survivor=self.lead(), loser=self.lead(), by=None, at=self.at)

    def is_trashed(self):
        leads.trash_many(lead_ids=[self.lead().pk], by=None)

    def comes_back(self):
        leads.restore_many(lead_ids=[self.lead().pk], by=None)

    def is_recycled(self):
        leads.recycle_many(lead_ids=[self.lead().pk], reason="not now", by=None, at=self.at)

    def is_reopened(self):
        leads.reopen_many(lead_ids=[self.lead().pk], by=None, at=self.at)

    def gets_a_source(self):
        leads.update(self.lead(), values={"source": self.dice.choice(self.sources)}, by=None)

    def opens(self):
        opening = deals.Opening(
            name="A deal", stage=stage_of(StageKind.OPEN), amount=Decimal(self.dice.randint(0, 900)),
            lead=self.dice.choice([None, self.lead()]), owner=self.dice.choice(self.owners),
        )  # fmt: skip
        return deals.open_many([opening], by=None, at=self.at)[0].deal

    def imports_a_deal(self):
        kind = self.dice.choice([StageKind.OPEN, StageKind.WON, StageKind.LOST])
        then = self.dice.choice([None, self.at - timedelta(days=70)])
        closed = then and (then + timedelta(days=9) if kind != StageKind.OPEN else None)
        bring(kind, opened=then, closed=closed, amount=self.dice.choice([None, 0, 700]))

    def is_won(self):
        deals.win(
            self.deal(status="open"),
            amount=Decimal(self.dice.randint(0, 5000)),
            by=None,
            at=self.at,
        )

    def is_lost(self):
        deals.lose(
            self.deal(status="open"), reason=self.dice.choice(self.reasons), by=None, at=self.at
        )

    def is_opened_again(self):
        deals.reopen(self.deal(), by=None, at=self.at)

    def deal_changes_hands(self):
        deals.assign_many(deal_ids=[self.deal().pk], owner=self.dice.choice(self.owners), by=None, at=self.at)  # fmt: skip

    def is_shared_out(self):
        cut = Decimal(self.dice.randint(1, 9_999)) / 100
        first, other = self.dice.sample(self.owners, 2)
        shares = [
            splits.Share(user=first, percent=cut),
            splits.Share(user=other, percent=100 - cut),
        ]
        extra = splits.Share(user=first, percent=Decimal(30), kind="overlay")
        chosen = self.dice.choice([[], shares, [*shares, extra], [extra]])
        splits.set_splits(self.deal(), shares=chosen, by=None, at=self.at)

    def deal_is_trashed(self):
        deals.trash_many(deal_ids=[self.deal().pk], by=None)

    def deal_comes_back(self):
        deals.restore_many(deal_ids=[self.deal().pk], by=None)

    STEPS = (
        *[arrives] * 8, comes_backdated, comes_backdated, advances, advances, advances, changes_hands,
        changes_hands, is_touched, merges, is_trashed, comes_back, is_recycled, is_reopened,
        gets_a_source, opens, opens, imports_a_deal, is_won, is_won, is_won,
        is_shared_out, is_shared_out, is_lost, is_opened_again,
        deal_changes_hands, deal_is_trashed, deal_comes_back,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_after_any_story_the_sums_equal_the_rows_and_raw_sql(seed, bob, carl, drain_events):
    story = Story(seed, [bob, carl])
    for number in range(110):
        story.step()
        if number % story.dice.randint(1, 12) == 0:
            drain_events(allow_failures=True)
        if number % 50 == 49:
            rollups.fold()
    drain_events(allow_failures=True)

    assert not EventFailure.objects.filter(handler__startswith="leadflow.insights")
    assert wrong() == ([], 0)
    assert stored() == by_hand.every(Rules.current())
    figures = kept()
    raw = {key: one(sql) for key, sql in ORACLE.items() if "cpl" not in key}
    found = {key: compute(key, figures).number for key in raw}
    assert {k: float(v or 0) for k, v in found.items()} == pytest.approx(
        {k: float(v or 0) for k, v in raw.items()}, rel=1e-9
    )
    assert raw["leads"] > 3
    assert raw["won_deals"] > 1


class Rougher(Story):
    """A story with people who are erased, or turn out to work here, or subscribe first."""

    def is_erased(self):
        privacy.erase(lead=self.lead(), by=None)

    def works_here(self):
        worker = self.owners[0]
        worker.email = self.dice.choice([self.lead().email or "no@crm.example", "bob@crm.example"])
        worker.save()

    def subscribes(self):
        a_lead(at=self.at, stage="subscriber", source=self.dice.choice(self.sources))

    def is_handed_out_with_a_clock(self):
        lead = self.lead()
        leads.advance_many(lead_ids=[lead.pk], to="mql", by=None, at=self.at)
        leads.assign(again(lead), owner=self.dice.choice(self.owners), by=None, at=self.at)

    STEPS = (
        *Story.STEPS, is_erased, works_here, *[subscribes] * 3,
        *[is_handed_out_with_a_clock] * 3,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "counts_subscribers"), [(3, False), (4, True)])
def test_what_the_database_counts_is_what_python_counts_by_hand(
    seed, counts_subscribers, bob, carl, drain_events
):
    Organisation.objects.update(count_subscribers=counts_subscribers, time_zone="Asia/Tokyo")
    story = Rougher(seed, [bob, carl])
    for _n in range(160):
        story.step()
    known = Lead.objects.filter(merged_into=None, deleted_at=None).exclude(
        email__in=["", bob.email]
    )
    carl.email = known.latest("pk").email
    carl.save()
    drain_events(allow_failures=True)
    rollups.tick()
    kept_up = stored()

    rollups.rebuild()

    assert kept_up == by_hand.every(Rules.current())
    assert stored() == kept_up
    assert wrong() == ([], 0)
    assert {mark.measure for mark in kept_up} >= {"staff", "asked", "answered", "lost", "credit_2"}


def test_a_fact_that_comes_twice_counts_once(drain_events):
    a_lead(at=days(1))
    drain_events()
    facts = list(Event.objects.order_by("pk"))

    for handler in registry.reactions()[registry.ALL]:
        handler(facts)

    assert kept().people.counts["lead"] == 1
    assert wrong() == ([], 0)


def test_folding_moves_what_was_appended_and_changes_no_number(drain_events):
    a_lead(at=days(1))
    drain_events()
    before = kept().people.counts
    assert Delta.objects.exists()

    rollups.fold()

    assert not Delta.objects.exists()
    assert kept().people.counts == before
    assert DailyFact.objects.filter(measure="lead").get().n == 1


def test_a_sum_that_came_to_nothing_leaves_no_row(drain_events):
    lead = a_lead(at=days(1))
    drain_events()
    rollups.fold()
    leads.trash_many(lead_ids=[lead.pk], by=None)
    drain_events()
    rollups.fold()

    assert not DailyFact.objects.exists()
    assert not Counted.objects.exists()


def test_another_time_zone_counts_everything_on_its_new_day(drain_events):
    a_lead(at=datetime(2026, 3, 31, 23, 0, tzinfo=UTC))
    drain_events()
    rollups.tick()
    assert kept().people.counts["lead"] == 0

    Organisation.objects.update(time_zone="Asia/Tokyo")
    assert not rollups.is_ready()
    rollups.tick()

    assert rollups.is_ready()
    assert kept().people.counts["lead"] == 1
    assert wrong() == ([], 0)


def test_who_starts_to_work_here_stops_being_a_lead_and_the_other_way_round(alice, drain_events):
    a_lead("new@crm.example", at=days(1))
    drain_events()
    rollups.tick()
    type(alice).objects.filter(pk=alice.pk).update(email="new@crm.example")
    rollups.tick()
    assert kept().people.counts["lead"] == 0

    type(alice).objects.filter(pk=alice.pk).update(email="alice@crm.example")
    rollups.tick()

    assert kept().people.counts["lead"] == 1


def test_a_count_goes_on_where_it_stopped(monkeypatch):
    for _n in range(5):
        a_lead(at=days(1))
    monkeypatch.setattr(rollups, "SLICE", 2)

    assert not rollups.catch_up(seconds=0)
    assert RollupState.objects.get().leads_through > 0
    assert rollups.catch_up()

    assert kept().people.counts["lead"] == 5


def test_a_lead_counts_for_its_owner_of_that_time_and_not_for_todays(bob, carl, drain_events):
    lead = a_lead(at=days(1), owner=bob)
    leads.advance(lead, to="mql", by=None, at=days(2))
    leads.assign(lead, owner=carl, by=None, at=days(3))
    leads.advance(lead, to="customer", by=None, at=days(9))
    drain_events()

    assert kept(owner=bob.pk).people.counts["mql"] == 1
    assert kept(owner=carl.pk).people.counts["mql"] == 0
    assert compute("period_conversion", kept(owner=carl.pk)).numerator == 1


def test_a_lead_that_nobody_owned_yet_counts_for_whom_it_first_went_to(bob, carl, drain_events):
    lead = a_lead(at=days(1))
    leads.assign(lead, owner=bob, by=None, at=days(2))
    leads.assign(lead, owner=carl, by=None, at=days(3))
    drain_events()

    assert kept(owner=bob.pk).people.counts["lead"] == 1
    assert kept(owner=carl.pk).people.counts["lead"] == 0


def test_a_won_deal_stays_with_who_won_it(bob, carl, drain_events):
    deal = bring(StageKind.OPEN, opened=days(1), owner=bob)
    deals.win(deal, amount=Decimal(900), by=None, at=days(20))
    deals.assign_many(deal_ids=[deal.pk], owner=carl, by=None, at=days(30))
    drain_events()

    assert compute("won_revenue", kept(owner=bob.pk)).number == 900
    assert compute("won_revenue", kept(owner=carl.pk)).number is None


def test_recompute_finds_a_wrong_count_and_a_wrong_sum_and_sets_them_right(drain_events, capsys):
    a_lead(at=days(1))
    drain_events()
    rollups.fold()
    Counted.objects.update(day=days(4).date())
    DailyFact.objects.update(n=7)

    with pytest.raises(SystemExit):
        call_command("recompute", "--check")
    said = capsys.readouterr().out
    assert "counted leads" in said
    assert "daily sums" in said

    call_command("recompute")
    call_command("recompute", "--check")
    assert kept().people.counts["lead"] == 1


def test_who_was_erased_stays_as_a_count(drain_events):
    lead = a_lead(at=days(1))
    drain_events()
    privacy.erase(lead=lead, by=None)
    drain_events()

    assert kept().people.counts["lead"] == 1
    assert wrong() == ([], 0)


def test_rows_that_are_gone_from_the_database_are_taken_out_by_a_new_count(drain_events):
    lead = a_lead(at=days(1))
    drain_events()
    with connection.cursor() as cursor:
        cursor.execute("delete from insights_rollupstate")
    bulk = Counted.objects.get(measure="lead")
    Counted.objects.filter(pk=bulk.pk).update(subject_id=lead.pk + 999)
    rollups.refold()

    rollups.rebuild()

    assert kept().people.counts["lead"] == 1
    assert not Counted.objects.filter(subject_id=lead.pk + 999).exists()


def test_time_to_the_first_touch_is_counted_for_who_got_the_lead(bob, drain_events):
    lead = leads.advance(a_lead(at=days(1)), to="mql", by=None, at=days(1))
    other = leads.advance(a_lead(at=days(1)), to="mql", by=None, at=days(1))
    for row in (lead, other):
        leads.assign(row, owner=bob, by=None, at=days(2))
    drain_events()
    activities.log(
        lead=lead, kind="call", subject="Called", by=bob, at=days(2) + timedelta(minutes=4)
    )
    drain_events()

    found = compute("speed", kept())

    assert found.number == 240
    assert found.fact("untouched").number == 1
    assert found.fact("fast").number == Decimal("0.5")


def test_a_period_before_anything_has_no_speed_and_says_why():
    found = compute("speed", kept(period=Period(days(0).date(), days(1).date())))

    assert found.number is None
    assert "handed to anybody" in str(found.why)
