"""Opening, editing, lines, trash; what imports rely on."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event, EventFailure
from leadflow.history.models import FieldChange
from leadflow.models import Customer
from leadflow.services import activities, merging, notes, privacy
from pipeline.models import Deal
from pipeline.services import deals, pipelines, totals
from pipeline.services.deals import LineIn, Opening
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db
JAN, MAR = datetime(2017, 1, 3, tzinfo=UTC), datetime(2017, 3, 1, tzinfo=UTC)


def test_a_deal_opens_without_a_person_or_a_company(bob, recorded):
    deal = deals.open(Opening(name="  Roof  96 kWp ", stage=make.stage(), owner=bob), by=bob)

    assert (deal.name, deal.lead, deal.company, deal.currency) == ("Roof 96 kWp", None, None, "EUR")
    assert deal.team == bob.teams.get()
    assert recorded()[-1] == "deal.opened"


@pytest.mark.parametrize(
    ("field", "value"), [("name", " "), ("amount", Decimal(-1)), ("currency", "euro")]
)
def test_a_deal_with_a_bad_value_is_refused_by_field(bob, field, value):
    values = {"name": "Roof", "stage": make.stage(), field: value}

    with pytest.raises(Invalid) as caught:
        deals.open(Opening(**values), by=bob)

    assert field in caught.value.fields


def imported(key, stage, **fields):
    return Opening(
        name=key, stage=make.stage(stage), external=("maven", key), amount=Decimal(50), **fields
    )


def test_deals_from_a_file_come_in_with_their_stage_and_dates():
    company = make.company()
    rows = [
        imported("a", "Won", company=company, opened_at=JAN, closed_at=MAR),
        imported("b", "Lost", company=company, opened_at=JAN, closed_at=MAR),
        imported("c", "Qualified", is_dated=False),
    ]

    made = deals.open_many(rows, by=None, origin="import")

    won, lost, undated = (one.deal for one in made)
    assert (won.status, won.won_at, won.opened_at) == ("won", MAR, JAN)
    assert (lost.status, lost.lost_at) == ("lost", MAR)
    assert (undated.opened_at, undated.qualified_at) == (None, None)
    assert Customer.objects.get().started_at == MAR
    assert set(
        Event.objects.filter(subject_type="pipeline.deal").values_list("origin", flat=True)
    ) == {"import"}
    assert Event.objects.get(kind="deal.opened", subject_id=undated.pk).data["undated"] is True


def test_importing_again_creates_nothing():
    rows = [imported("a", "Qualified"), imported("b", "Won", closed_at=MAR)]
    first = deals.open_many(rows, by=None, origin="import")
    events = Event.objects.count()

    again = deals.open_many(rows, by=None, origin="import")

    assert [one.deal for one in again] == [one.deal for one in first]
    assert not any(one.created for one in again)
    assert Event.objects.count() == events
    assert totals.rebuild(pipelines.ensure_default()) == 0


def test_an_edit_remembers_what_was_overwritten(bob):
    deal = make.deal(bob)

    edited = deals.edit(deal, values={"amount": Decimal(1500), "custom.roof": "flat"}, by=bob)

    changed = dict(FieldChange.objects.filter(field="amount").values_list("field", "old"))
    assert changed == {"amount": "1000.0000"}
    assert (edited.base_amount, edited.custom) == (Decimal(1500), {"roof": "flat"})
    assert edited.version == deal.version + 1


def test_an_unknown_field_is_refused_by_name(bob):
    with pytest.raises(Invalid) as caught:
        deals.edit(make.deal(bob), values={"won_at": MAR}, by=bob)

    assert "won_at" in caught.value.fields


def test_only_who_can_own_deals_gets_them(bob, vera):
    with pytest.raises(Invalid, match="own deals"):
        deals.edit(make.deal(bob), values={"owner": vera}, by=bob)


def test_an_edit_that_changes_nothing_records_nothing(bob, recorded):
    deal = make.deal(bob)

    deals.edit(deal, values={"name": deal.name}, by=bob)

    assert recorded()[-1] == "deal.opened"


def test_the_amount_follows_the_lines(bob):
    deal = make.deal(bob)
    lines = [LineIn(text="Panel", quantity=Decimal(4), price=Decimal(100), discount=Decimal(10))]

    priced = deals.set_lines(deal, lines=lines, by=bob)

    assert (priced.amount, priced.follows_lines) == (Decimal(360), True)
    with pytest.raises(Invalid, match="taken"):
        deals.edit(priced, values={"amount": Decimal(1)}, by=bob)
    assert deals.set_lines(priced, lines=[], by=bob).follows_lines is False


def test_the_lines_of_a_closed_deal_stay(bob):
    deal = deals.win(make.deal(bob), amount=Decimal(1), by=bob)

    with pytest.raises(Conflict):
        deals.set_lines(deal, lines=[], by=bob)


def test_a_trashed_deal_comes_back_whole(bob):
    deal = make.deal(bob)
    deals.trash_many(deal_ids=[deal.pk], by=bob)
    assert not Deal.objects.visible_to(bob).exists()

    deals.restore_many(deal_ids=[deal.pk], by=bob)

    back = Deal.objects.visible_to(bob).get()
    assert (back.stage_id, back.rank, back.amount) == (deal.stage_id, deal.rank, deal.amount)


def test_the_deals_of_a_merged_person_belong_to_the_survivor(bob, drain_events):
    keep, drop = make.lead(bob), make.lead(bob)
    deal = make.deal(bob, lead=drop)

    merging.merge(survivor=keep, loser=drop, by=bob)
    drain_events()

    deal.refresh_from_db()
    assert deal.lead == keep


def test_a_deal_in_the_trash_follows_its_merged_person_too(bob, drain_events):
    keep, drop = make.lead(bob), make.lead(bob)
    deal = make.deal(bob, lead=drop)
    deals.trash_many(deal_ids=[deal.pk], by=bob)

    merging.merge(survivor=keep, loser=drop, by=bob)
    drain_events()

    deal.refresh_from_db()
    assert deal.lead == keep
    assert not EventFailure.objects.exists()


def test_the_next_step_and_the_last_touch_show_on_the_deal(bob, drain_events):
    lead = make.lead(bob)
    deal = make.deal(bob, lead=lead)
    late = activities.plan(
        kind="meeting", subject="Visit", subject_ref=deal.ref, owner=bob, due_at=MAR, by=bob
    )
    activities.plan(kind="call", subject="Call", lead=lead, owner=bob, due_at=JAN, by=bob)
    notes.add(text="Likes it", lead=lead, by=bob, at=MAR)
    drain_events()

    deal.refresh_from_db()
    assert (deal.next_step_at, deal.next_step_kind, deal.last_touch_at) == (JAN, "call", MAR)
    assert late.subject_ref == deal.ref


def test_erasing_a_person_takes_her_name_out_of_her_deals(bob):
    lead = make.lead(bob, first_name="Anna", last_name="Brandt")
    deal = make.deal(bob, lead=lead, name="Anna Brandt, roof")
    deals.edit(deal, values={"name": "Anna Brandt, big roof"}, by=bob)

    privacy.erase(lead=lead, by=None)

    deal.refresh_from_db()
    assert "Anna" not in deal.name + deal.search_text
    assert not FieldChange.objects.filter(object_type="pipeline.deal", field="name").exists()
    assert deal.amount == Decimal(1000)


def test_her_file_names_her_deals(bob):
    lead = make.lead(bob)
    deal = make.deal(bob, lead=lead)

    (row,) = privacy.export(lead)["deals"]

    assert row["name"] == deal.name


def test_retention_leaves_whom_an_open_deal_holds(bob):
    from pipeline.services.privacy import HOLDER

    held, free = make.lead(bob), make.lead(bob)
    make.deal(bob, lead=held)
    closed = make.deal(bob, lead=free)
    deals.win(closed, amount=Decimal(1), by=bob)

    assert HOLDER.keeps([held.pk, free.pk]) == {held.pk}
