from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.mail.models import Delivery
from leadflow.models import Engagement
from nurturing.models import Enrolment, StepDone, WayChosen
from nurturing.rules import choosing
from nurturing.services import enrolment, winners
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, mail_step, split, step

HOUR = timedelta(hours=1)
tallies = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.dictionaries(st.sampled_from("ABCD"), tallies, min_size=2))
def test_a_winner_has_the_best_rate_and_no_equal(found):
    won = choosing.winner(found)

    if won:
        rates = {way: good / trials for way, (good, trials) in found.items()}
        assert all(rates[won] > rate for way, rate in rates.items() if way != won)


@given(tallies)
def test_equal_ways_have_no_winner(tally):
    assert choosing.winner({"A": tally, "B": tally}) == ""


def test_a_clear_difference_wins_and_chance_does_not():
    assert choosing.winner({"A": (100, 1_000), "B": (150, 1_000)}) == "B"
    assert choosing.winner({"A": (100, 1_000), "B": (110, 1_000)}) == ""


def test_more_ways_ask_for_a_clearer_difference():
    assert choosing.winner({"A": (100, 1_000), "B": (130, 1_000)}) == "B"
    four = {"A": (100, 1_000), "B": (130, 1_000), "C": (100, 1_000), "D": (100, 1_000)}
    assert choosing.winner(four) == ""


def asks(by="clicks", **more):
    winner = {"by": by, "after_hours": 48, "least": 20} | more
    return split([mail_step("A")], [mail_step("B")], winner=winner)


def people_on(sequence, parts, *, clicked=(0, 0), each=25):
    """So many people on each way, whose mail was sent, some of whom clicked."""
    ways = [way["id"] for way in parts["ways"]]
    leads = [a_reader() for _ in range(each * 2)]
    ids = [lead.pk for lead in leads]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)
    advance_due(at=NOON)
    Delivery.objects.update(state=Delivery.State.SENT)
    for way, wanted in zip(ways, clicked, strict=True):
        rows = StepDone.objects.filter(step=parts["id"], way=way).values("enrolment")
        mails = Delivery.objects.filter(
            pk__in=StepDone.objects.filter(enrolment__in=rows).values("delivery")
        )
        for mail in mails.order_by("id")[:wanted]:
            Engagement.objects.create(
                lead_id=mail.lead_id, kind="mail.clicked", source_type="delivery",
                source_id=f"{mail.pk}:1", occurred_at=NOON + HOUR, actor_class=Engagement.Actor.HUMAN,
            )  # fmt: skip
    return ways


@pytest.mark.django_db
def test_the_way_with_clearly_more_clicks_wins_after_its_hours_and_later_people_go_it():
    parts = asks(least=20)
    sequence = a_sequence(parts)
    _one, other = people_on(sequence, parts, clicked=(0, 18), each=40)

    assert winners.decide_due(at=NOON + 47 * HOUR) == 0
    assert winners.decide_due(at=NOON + 48 * HOUR) == 1
    assert winners.decide_due(at=NOON + 49 * HOUR) == 0

    chosen = WayChosen.objects.get()
    assert (chosen.way, chosen.by_what, chosen.figures[other]["good"]) == (other, "clicks", 18)
    assert winners.words_of(chosen, parts) == "Way B won: whoever comes now goes it."
    lead = a_reader()
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON + 50 * HOUR)
    advance_due(at=NOON + 50 * HOUR)
    assert StepDone.objects.get(enrolment__lead=lead, step=parts["id"]).way == other


@pytest.mark.django_db
def test_no_clear_winner_is_said_and_keeps_the_shares():
    parts = asks(least=20)
    sequence = a_sequence(parts)
    people_on(sequence, parts, clicked=(5, 5), each=40)

    winners.decide_due(at=NOON + 48 * HOUR)

    chosen = WayChosen.objects.get()
    assert chosen.way == ""
    assert winners.words_of(chosen, parts) == "No clear winner: the shares stay."
    ids = [a_reader().pk for _ in range(12)]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON + 50 * HOUR)
    advance_due(at=NOON + 50 * HOUR)
    went = StepDone.objects.filter(enrolment__lead__in=ids, step=parts["id"])
    assert len(set(went.values_list("way", flat=True))) == 2


@pytest.mark.django_db
def test_nothing_is_decided_before_enough_people_went_each_way():
    parts = asks(least=30)
    sequence = a_sequence(parts)
    people_on(sequence, parts, clicked=(0, 15), each=25)

    assert winners.decide_due(at=NOON + 72 * HOUR) == 0


@pytest.mark.django_db
def test_a_goal_counts_for_the_way_that_led_to_it_whether_she_is_still_inside_or_not():
    parts = split(
        [step("goal")], [step("end")], winner={"by": "goal", "after_hours": 1, "least": 20}
    )
    sequence = a_sequence(mail_step(), parts)
    ids = [a_reader().pk for _ in range(60)]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)
    advance_due(at=NOON)

    assert winners.decide_due(at=NOON + HOUR) == 1

    assert WayChosen.objects.get().way == parts["ways"][0]["id"]
    assert Enrolment.objects.filter(goal_at__isnull=False).exists()


@pytest.mark.django_db
def test_mails_that_wait_count_only_where_the_caller_says_that_they_went():
    parts = asks(least=20)
    sequence = a_sequence(parts)
    people_on(sequence, parts, clicked=(0, 18), each=40)
    Delivery.objects.update(state=Delivery.State.QUEUED)

    assert winners.decide_due(at=NOON + 48 * HOUR) == 0
    assert winners.decide_due(at=NOON + 48 * HOUR, counted=["queued"]) == 1
