"""Concessions and offers: weighed against what is free, and given after a yes where it is more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from leadflow.approvals import services as approvals
from leadflow.approvals.models import Approval
from leadflow.desk import queue
from leadflow.errors import Conflict, Invalid, NotAllowed
from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.notifications.models import Notification
from leadflow.offers.models import Offer
from leadflow.people.models import Role
from leadflow.timeline import selectors as timeline
from pipeline.models import Concession, DealOffer, DiscountLimit
from pipeline.selectors import negotiation as reading
from pipeline.services import deals, negotiating, quote_discounts
from pipeline.services.negotiating import Terms
from tests.factories import pipeline as make
from tests.factories import quotes as some

pytestmark = pytest.mark.django_db


def free(percent):
    Organisation.objects.filter(pk=Organisation.current().pk).update(free_discount=percent)


def price(worth, **more):
    return Terms(subject="price", asked="A lower price", given="Less", worth=Decimal(worth), state="given", **more)  # fmt: skip


def test_a_concession_within_the_limit_is_given_and_one_beyond_waits_for_a_yes(
    bob, mia, drain_events
):
    free(10)
    deal = make.deal(bob, amount=Decimal(1000), lead=make.lead(bob))

    small = negotiating.note(deal, terms=price(80), by=bob)
    more = Terms(subject="payment", asked="Pay in 60 days", given="60 days", got="A reference", worth=Decimal(50), state="given")  # fmt: skip
    large = negotiating.note(deal, terms=more, by=bob, reason="They sign")

    assert (small.state, large.state) == ("given", "waiting")
    asked = Approval.objects.get()
    assert (asked.amount, asked.limit, asked.reason) == (Decimal(13), Decimal(10), "They sign")
    assert Notification.objects.get(user=mia).url == f"/approvals/{asked.pk}/"
    assert [row.act for row in queue.build(mia).rows] == ["decide"]

    approvals.decide(asked, is_approved=True, by=mia)
    drain_events()

    large.refresh_from_db()
    one = reading.standing(deal, bob)
    assert (large.state, one.percent, one.approved) == ("given", Decimal(13), Decimal(13))
    assert Notification.objects.filter(user=bob, sentence__startswith="Approved:").exists()
    assert queue.build(mia).rows == []
    told = [e.shown.text for e in timeline.for_record("pipeline.deal", deal.pk, bob).entries]
    assert told[:2] == ["made a concession: Payment", "asked for a yes to a concession: Payment"]


def test_a_refused_concession_is_not_given_and_one_taken_back_no_longer_waits(
    bob, mia, drain_events
):
    free(5)
    deal = make.deal(bob, amount=Decimal(1000))
    first = negotiating.note(deal, terms=price(100), by=bob)
    approvals.decide(Approval.objects.get(), is_approved=False, words="Too much", by=mia)
    drain_events()
    first.refresh_from_db()
    assert (first.state, reading.standing(deal, bob).given) == ("refused", 0)

    again = negotiating.change(first, terms=price(90), by=bob)
    assert again.state == "waiting"
    negotiating.change(again, terms=Terms(subject="price", asked="A lower price"), by=bob)
    assert not Approval.objects.waiting(clock.now()).exists()


def test_lines_and_log_tell_of_one_price_and_other_worth_is_added(bob):
    version = some.draft(bob, lines=[some.line(price=1000, discount=10)])
    deal = version.quote.deal
    negotiating.note(deal, terms=price(60), by=bob)
    negotiating.note(deal, terms=Terms(subject="scope", asked="Training", given="A day", worth=Decimal(30), state="given"), by=bob)  # fmt: skip

    one = reading.standing(deal, bob)

    assert (one.full, one.on_lines, one.given, one.percent) == (1000, 100, 130, Decimal(13))
    assert one.is_within


def test_the_limit_of_the_role_in_the_pipeline_comes_before_the_wider_ones(bob, mia, alice):
    deal = make.deal(bob)
    free(5)
    assert reading.limit_for(deal.pipeline, bob) == 5
    wanted = {(0, Role.REP): Decimal(8), (deal.pipeline_id, Role.MANAGER): Decimal(20)}
    assert negotiating.set_limits(wanted, by=alice) == 2
    assert negotiating.set_limits(wanted, by=alice) == 0

    assert [reading.limit_for(deal.pipeline, who) for who in (bob, mia, alice)] == [8, 20, 5]
    negotiating.set_limits({(0, Role.REP): None}, by=alice)
    assert reading.limit_for(deal.pipeline, bob) == 5
    assert DiscountLimit.objects.count() == 1


def test_a_quote_goes_by_the_limit_of_who_sends_it(bob, mia, alice):
    free(5)
    version = some.draft(bob, lines=[some.line(discount=12)])
    negotiating.set_limits({(0, Role.MANAGER): Decimal(15)}, by=alice)

    assert not quote_discounts.leeway(version, bob).is_within
    assert quote_discounts.leeway(version, mia).is_within


def test_an_offer_is_used_once_and_its_person_gets_the_code(bob):
    deal = make.deal(bob, amount=Decimal(2000), lead=make.lead(bob))
    offer = Offer.objects.create(name="Spring", value=5, code="SPRING", most_uses=1)

    used = negotiating.use_offer(deal, offer=offer, by=bob)
    again = negotiating.use_offer(deal, offer=offer, by=bob)

    offer.refresh_from_db()
    assert (used, used.state, used.worth, used.code) == (again, "given", Decimal(100), "SPRING")
    assert (offer.given, offer.grants.get().lead) == (1, deal.lead)
    with pytest.raises(Conflict, match="left"):
        negotiating.use_offer(make.deal(bob), offer=offer, by=bob)
    negotiating.drop_offer(used, by=bob)
    assert reading.standing(deal, bob).given == 0


def test_an_offer_that_has_ended_is_used_again_after_a_yes_only(bob, mia, drain_events):
    ended = clock.now() - timedelta(days=1)
    offer = Offer.objects.create(name="Spring", value=5, ends_at=ended)
    deal = make.deal(bob, amount=Decimal(2000))

    used = negotiating.use_offer(deal, offer=offer, by=bob, reason="Promised")

    asked = Approval.objects.get()
    assert (used.state, asked.kind) == ("waiting", "offer")
    assert "which has ended" in asked.sentence
    approvals.decide(asked, is_approved=True, by=mia)
    drain_events()
    used.refresh_from_db()
    assert (used.state, offer.grants.count()) == ("given", 1)


def test_nobody_approves_her_own_request_unless_the_organisation_lets_her(alice):
    free(5)
    deal = make.deal(alice, amount=Decimal(1000))
    negotiating.note(deal, terms=price(100), by=alice)
    asked = Approval.objects.get()

    with pytest.raises(NotAllowed):
        approvals.decide(asked, is_approved=True, by=alice)
    assert not [row for row in queue.build(alice).rows if row.key.startswith("approval")]
    Organisation.objects.update(approves_own=True)
    once = approvals.decide(asked, is_approved=True, by=alice)
    twice = approvals.decide(asked, is_approved=True, by=alice)

    assert once.decided_at == twice.decided_at


def test_what_is_given_has_to_be_said_and_a_closed_deal_gives_nothing(bob):
    deal = make.deal(bob)
    with pytest.raises(Invalid) as bare:
        negotiating.note(deal, terms=Terms(subject="price", asked="Less", state="given"), by=bob)
    assert set(bare.value.fields) == {"given", "worth"}

    deals.lose(deal, reason=make.reason(), by=bob)
    with pytest.raises(Conflict):
        negotiating.note(deal, terms=price(1), by=bob)
    assert not Concession.objects.exists()
    assert not DealOffer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_at_once_one_decides_and_the_other_is_told(bob, mia, alice):
    free(5)
    negotiating.note(make.deal(bob, amount=Decimal(1000)), terms=price(100), by=bob)
    asked = Approval.objects.get()

    def decide(who, is_approved):
        try:
            approvals.decide(asked, is_approved=is_approved, words="No", by=who)
        except Conflict as refusal:
            return str(refusal)
        finally:
            connection.close()
        return "decided"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(decide, (mia, alice), (True, False)))

    assert said == ["This was decided already.", "decided"]
