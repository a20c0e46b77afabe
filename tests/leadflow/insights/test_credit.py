"""Revenue follows the shares of a deal: each her part, all together the amount, to the cent."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command

from leadflow.errors import Invalid
from leadflow.events.models import Event
from leadflow.insights import rollups, targets
from leadflow.insights.asking import Ask, everything
from leadflow.insights.figures import Figures
from leadflow.insights.kpis import KPIS, compute
from leadflow.insights.models import Counted, RollupState
from leadflow.kit.periods import Period
from leadflow.models import Organisation
from leadflow.people.models import User
from pipeline.models import StageKind
from pipeline.services import deals, splits
from pipeline.services.splits import Share
from tests.leadflow.insights.conftest import NOW, Q2, asked, bring, days
from tests.leadflow.insights.year.test_oracle import one
from tests.leadflow.insights.year.test_pages import text_of

pytestmark = pytest.mark.django_db
SPRING = "from=2026-04-01&to=2026-06-30"
# each her shares of every deal, written apart from the product: the floor of the cents, and a cent more
# for the largest remainders
ORACLE = """
with cut as (
  select d.id, s.user_id, s.id sid, s.share, floor(d.base_amount * s.share) cents,
    d.base_amount * s.share - floor(d.base_amount * s.share) rest, d.base_amount * 100 whole
  from pipeline_deal d join pipeline_dealsplit s on s.deal_id = d.id and s.kind = 'revenue'
  where d.deleted_at is null and d.status = 'won' and d.won_at >= %(s)s and d.won_at < %(e)s),
due as (select id, whole - sum(cents) n from cut group by id, whole),
shared as (
  select user_id, (cents + case when (select count(*) from cut o where o.id = cut.id and
      (o.rest, o.share, -o.sid) > (cut.rest, cut.share, -cut.sid)) < due.n then 1 else 0 end) / 100 money
  from cut join due on due.id = cut.id
  union all
  select owner_id, base_amount from pipeline_deal d where deleted_at is null and status = 'won'
    and won_at >= %(s)s and won_at < %(e)s
    and not exists (select from pipeline_dealsplit s where s.deal_id = d.id and s.kind = 'revenue'))
select sum(money) from shared where user_id = %(who)s
"""


def kept(user=None, **narrow):
    """The figures as the relay left them."""
    return Figures(Ask(user or everything(), Q2, NOW, **narrow))


def revenue(figures=None, **narrow):
    return compute("won_revenue", figures or kept(**narrow)).number


def won(owner, amount="1000", **fields):
    return bring(
        StageKind.WON, opened=days(1), closed=days(20), amount=amount, owner=owner, **fields
    )


def share(deal, *parts):
    """Each a person with her per cent, or with `overlay` after it."""
    rows = [Share(user=who, percent=Decimal(cut), kind=kind) for who, cut, *_k in parts
            for kind in [_k[0] if _k else "revenue"]]  # fmt: skip
    return splits.set_splits(deal, shares=rows, by=None, at=days(25))


def test_a_shared_deal_is_revenue_of_each_and_won_once_by_its_owner(bob, carl, mia, drain_events):
    share(won(bob), (bob, "60"), (carl, "40"), (mia, "25", "overlay"))
    won(bob, "500")
    drain_events()

    assert revenue() == 1500
    assert [revenue(owner=who.pk) for who in (bob, carl, mia)] == [1100, 400, None]
    assert [compute("won_deals", kept(owner=who.pk)).number for who in (bob, carl)] == [2, 0]
    assert compute("deal_size", kept(owner=bob.pk)).number == 750
    assert compute("close_rate_by_value", kept(owner=carl.pk)).number is None
    assert compute("won_revenue", kept(owner=carl.pk)).n == 1


def test_credit_counts_in_the_team_of_whoever_has_it(bob, carl, mia, drain_events):
    share(won(bob, "100.01"), (bob, "50"), (carl, "30"), (mia, "20"))
    drain_events()
    hers, his = bob.memberships.get().team_id, carl.memberships.get().team_id

    assert [revenue(team=team) for team in (hers, his)] == [Decimal("70.01"), 30]
    assert compute("won_revenue", kept(team=hers)).n == 1
    assert KPIS["won_revenue"].rows_of(kept(team=hers)).count() == 1
    assert revenue(kept(user=mia)) == Decimal("70.01")


def test_shares_given_after_the_deal_was_won_restate_it_and_the_log_has_what_it_was(
    bob, carl, drain_events
):
    deal = won(bob)
    drain_events()
    assert revenue(owner=bob.pk) == 1000

    share(deal, (bob, "60"), (carl, "40"))
    share(deal, (bob, "10"), (carl, "90"))
    drain_events()

    assert [revenue(owner=who.pk) for who in (bob, carl)] == [100, 900]
    assert revenue() == 1000
    told = Event.objects.filter(kind="deal.split").latest("pk").data
    assert (told["shares_before"], told["shares"]) == (["60.00", "40.00"], ["90.00", "10.00"])
    assert list(rollups.wrong_deals([deal.pk])) == []
    assert rollups.wrong_sums() == 0


def test_shares_stay_when_the_deal_goes_to_another_owner(bob, carl, alice, drain_events):
    deal = bring(StageKind.OPEN, opened=days(1), owner=bob)
    share(deal, (bob, "60"), (carl, "40"))
    deals.win(deal, amount=Decimal(900), by=None, at=days(20))
    deals.assign_many(deal_ids=[deal.pk], owner=alice, by=None, at=days(30))
    drain_events()

    assert [revenue(owner=who.pk) for who in (bob, carl, alice)] == [540, 360, None]


@pytest.mark.parametrize(
    ("amount", "cuts", "parts"),
    [
        ("100.00", ("33.33", "33.33", "33.34"), ("33.33", "33.33", "33.34")),
        ("0.05", ("33.34", "33.33", "33.33"), ("0.02", "0.02", "0.01")),
        ("0.01", ("20", "40", "40"), ("0", "0.01", "0")),
        ("10.0050", ("50", "30", "20"), ("5.005", "3", "2")),
        ("99999999.99", ("0.01", "49.99", "50"), ("10000", "49990000", "49999999.99")),
    ],
)
def test_the_largest_remainders_get_the_cents(amount, cuts, parts, bob, carl, mia):
    share(won(bob, amount), *zip((bob, carl, mia), cuts, strict=True))

    asked()
    rows = Counted.objects.filter(measure__startswith="credit_")
    found = dict(rows.values_list("owner", "amount"))

    assert [found[who.pk] for who in (bob, carl, mia)] == [Decimal(one) for one in parts]
    assert sum(found.values()) == Decimal(amount)


def test_a_currency_without_cents_is_shared_in_its_own_unit(bob, carl):
    Organisation.objects.update_or_create(pk=1, defaults={"base_currency": "JPY"})
    share(won(bob, "101", currency="JPY"), (bob, "50"), (carl, "50"))

    figures = asked(owner=bob.pk)

    assert revenue(figures) == 51
    assert revenue(owner=carl.pk) == 50


@pytest.mark.parametrize("seed", range(3))
def test_what_each_is_credited_with_agrees_with_raw_sql_and_adds_up(seed, bob, carl, mia, alice):
    dice, people = random.Random(seed), [bob, carl, mia, alice]
    for _n in range(25):
        deal = won(dice.choice(people), Decimal(dice.randint(0, 999_999)) / 100)
        among = dice.sample(people, dice.randint(1, 4))
        cuts = sorted(dice.sample(range(1, 10_000), len(among) - 1))
        parts = [Decimal(b - a) / 100 for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
        if dice.random() < 0.8:
            share(deal, *zip(among, parts, strict=True), (bob, "15", "overlay"))
    whole = revenue(asked())

    found = [revenue(owner=who.pk) for who in people]

    assert found == [one(ORACLE, who=who.pk) for who in people]
    assert sum(found) == whole == one("select sum(base_amount) from pipeline_deal")
    assert sum(revenue(team=team) or 0 for team in set(User.objects.values_list("teams", flat=True)) - {None}) + (
        revenue(team=0) or 0
    ) == whole  # fmt: skip


def test_the_pace_of_a_month_counts_what_she_is_credited_with(bob, carl, drain_events):
    at = datetime(2026, 4, 28, 9, tzinfo=UTC)
    targets.Target.objects.create(user=carl, month=date(2026, 4, 1), amount=800)
    share(won(bob), (bob, "60"), (carl, "40"))
    drain_events()

    assert [targets.pace(who, at=at).won for who in (bob, carl)] == [600, 400]


def test_the_list_behind_the_revenue_of_an_owner_adds_up_to_it(client, alice, bob, carl):
    share(won(bob, "100.01", name="Roof"), (bob, "66.67"), (carl, "33.33"))
    won(carl, "50", name="Gate")
    figures = asked(owner=carl.pk)
    client.force_login(alice)

    answer = client.get(f"/dashboard/rows/won_revenue/?{SPRING}&owner={carl.pk}&sort=-credit")

    rows = answer.context["page"].rows
    assert [(row.name, row.credit) for row in rows] == [("Gate", 50), ("Roof", Decimal("33.33"))]
    assert sum(row.credit for row in rows) == answer.context["credited"] == revenue(figures)
    assert "Credited, all together: €83.33" in text_of(answer)
    sent = client.post(f"/dashboard/rows/won_revenue/export/?{SPRING}&owner={carl.pk}")
    lines = sent.getvalue().decode().strip().splitlines()
    assert lines[0].strip().endswith("credit")
    assert [line.strip().rsplit(",", 1)[1] for line in lines[1:]] == ["33.3300", "50.0000"]


def test_credit_of_a_deal_that_she_may_not_open_is_told_and_not_listed(client, bob, carl):
    share(won(bob, "200", name="Secret roof"), (bob, "60"), (carl, "40"))
    asked()
    client.force_login(carl)

    answer = client.get(f"/dashboard/rows/won_revenue/?{SPRING}")

    text = text_of(answer)
    assert "Credited, all together: €80.00 , €80.00 of it in deals that are not listed" in text
    assert "Secret roof" not in text
    assert "Nobody is counted" not in text


def test_recompute_finds_a_share_that_was_lost(bob, carl, drain_events, capsys):
    share(won(bob), (bob, "60"), (carl, "40"))
    drain_events()
    call_command("recompute", "--check")
    Counted.objects.filter(measure="credit_2").delete()

    with pytest.raises(SystemExit):
        call_command("recompute", "--check")

    call_command("recompute")
    assert revenue(owner=carl.pk) == 400


def test_an_installation_that_counted_by_owner_counts_anew(bob, carl, drain_events):
    share(won(bob), (bob, "60"), (carl, "40"))
    drain_events()
    rollups.tick()
    Counted.objects.filter(measure__startswith="credit_").delete()
    rollups.refold()
    rollups.RollupState.objects.update(rules="1 UTC leads", making="1 UTC leads")
    assert not rollups.is_ready()

    rollups.tick()

    assert revenue(owner=carl.pk) == 400
    assert rollups.is_ready()


def test_a_deal_has_as_many_who_share_it_as_the_numbers_have_places(bob):
    people = [User(pk=n, name=f"No {n}") for n in range(1, 22)]
    shares = [Share(user=who, percent=Decimal(4)) for who in people[:20]]
    shares[0] = Share(user=people[0], percent=Decimal(24))

    assert len(splits.checked(shares, owner_id=1)) == 20
    with pytest.raises(Invalid, match="At most 20 colleagues"):
        splits.checked([*shares, Share(user=people[20], percent=Decimal(1))], owner_id=1)
    overlay = Share(user=people[20], percent=Decimal(1), kind="overlay")
    assert len(splits.checked([*shares, overlay], owner_id=1)) == 21


def test_before_a_window_with_nothing_won_there_is_no_revenue():
    figures = Figures(Ask(everything(), Period(date(2025, 1, 1), date(2025, 2, 1)), NOW))

    assert compute("won_revenue", figures).number is None
    assert compute("realised_velocity", figures).number == 0


def test_the_rows_behind_a_number_say_when_everything_is_counted_anew(client, alice):
    client.force_login(alice)
    RollupState.objects.update_or_create(pk=1, defaults={"rules": "of an older release"})

    page = client.get("/dashboard/rows/won_revenue/").content.decode()

    assert "Everything is being counted." in page
    rollups.catch_up()
    assert "being counted" not in client.get("/dashboard/rows/won_revenue/").content.decode()
