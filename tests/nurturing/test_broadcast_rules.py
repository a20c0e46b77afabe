"""Whatever happens on the way, nobody gets a broadcast twice and nobody who opted out gets it."""

from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.errors import LeadflowError
from leadflow.kit import clock
from leadflow.mail.models import COUNTED, Delivery
from leadflow.mail.sender import Sender
from leadflow.models import Suppression
from leadflow.segments import services as segments
from leadflow.services import addresses, consent
from nurturing.models import Broadcast, Recipient
from nurturing.services import sending, subjects
from nurturing.services.broadcasts import locked
from nurturing.services.messages import tagged
from tests.factories.nurturing import a_broadcast, a_reader, confirmed

PEOPLE = 6
steps = st.one_of(
    st.tuples(st.just("hand"), st.integers(1, PEOPLE)),
    st.tuples(st.just("send"), st.integers(1, PEOPLE)),
    st.tuples(st.sampled_from(["opt out", "bounce", "join", "twin"]), st.integers(0, PEOPLE - 1)),
    st.tuples(st.sampled_from(["pause", "resume", "cancel", "confirm"]), st.just(0)),
)


class World:
    """A broadcast under way, and who said no before her mail left."""

    fields: ClassVar[dict[str, object]] = {}

    def __init__(self):
        self.at = clock.now()
        self.people = [a_reader(at=self.at - timedelta(days=30)) for _ in range(PEOPLE)]
        self.row = confirmed(a_broadcast(*self.people, **self.fields), at=self.at)
        after = 0
        while self.row.frozen_at is None:
            after = sending.freeze_some(self.row, after)
        self.no = {}

    def left(self):
        return set(Delivery.objects.filter(state__in=COUNTED).values_list("to_norm", flat=True))

    def says_no(self, lead):
        if lead.email not in self.left():
            self.no[lead.email] = True

    def take(self, step, n):
        lead = self.people[n] if n < PEOPLE else None
        match step:
            case "hand":
                sending.hand_over(locked(self.row), at=self.at, limit=n)
            case "send":
                Sender().run(limit=n)
            case "opt out":
                self.says_no(lead)
                consent.withdraw(lead=lead)
            case "bounce":
                self.says_no(lead)
                addresses.suppress(email=lead.email, reason=Suppression.Reason.HARD_BOUNCE, by=None)
            case "join":
                segments.add_many(self.row.include.get(), lead_ids=[a_reader().pk], by=None)
            case "twin":
                other = self.people[(n + 1) % PEOPLE]
                type(lead).objects.filter(pk=lead.pk).update(email=other.email)
            case "confirm":
                sending.confirm(self.row, by=None, expected=PEOPLE, at=self.at)
            case _:
                getattr(sending, step)(self.row, by=None, at=self.at)

    def holds(self):
        got = list(Delivery.objects.filter(state__in=COUNTED).values_list("to_norm", flat=True))
        assert len(got) == len(set(got)), "somebody got it twice"
        assert not set(got) & set(self.no), "somebody got it who had said no"
        assert Recipient.objects.filter(broadcast=self.row).count() == PEOPLE


@pytest.mark.django_db
@settings(max_examples=25)
@given(st.lists(steps, max_size=10))
def test_nobody_gets_it_twice_and_nobody_who_opted_out(way):
    with transaction.atomic():
        world = World()
        for step, n in way:
            with suppress(LeadflowError):
                world.take(step, n)
            world.holds()
        state = Broadcast.objects.get(pk=world.row.pk).state
        if state == "paused":
            world.take("resume", 0)
        for _ in range(3):
            world.take("hand", PEOPLE)
            world.take("send", PEOPLE)
        world.holds()
        waiting = Recipient.objects.waiting().filter(broadcast=world.row)
        assert state == "cancelled" or not waiting.exists(), "somebody was forgotten"
        transaction.set_rollback(True)


tries = st.one_of(
    steps, st.tuples(st.just("look"), st.integers(0, 6)), st.tuples(st.just("let go"), st.integers(1, 3)),
    st.tuples(st.just("choose"), st.integers(0, 1)),
)  # fmt: skip


class Trying(World):
    """The same with two subjects: some try them, the others wait."""

    fields: ClassVar[dict[str, object]] = {"other_subjects": ["Old"], "sample_share": 50}

    def take(self, step, n):
        row = locked(self.row)
        match step:
            case "look":
                self.at += timedelta(hours=n)
                subjects.look(row, at=self.at)
            case "let go":
                subjects.let_go(row, at=self.at, limit=n)
            case "choose":
                subjects.choose(row, subject=n, by=None, at=self.at)
            case _:
                super().take(step, n)

    def holds(self):
        super().holds()
        rest = self.row.recipients.filter(is_sample=False, state="handed")
        chosen = subjects.chosen_of(self.row)
        told = {chosen.subject} if chosen else set()
        assert set(rest.values_list("subject", flat=True)) <= told, "somebody got it undecided"


@pytest.mark.django_db
@settings(max_examples=25)
@given(st.lists(tries, max_size=12))
def test_with_several_subjects_nobody_gets_two_and_nobody_is_forgotten(way):
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(subjects, "LEAST", 0)  # six people are enough here
        world = Trying()
        for step, n in way:
            with suppress(LeadflowError):
                world.take(step, n)
            world.holds()
        state = Broadcast.objects.get(pk=world.row.pk).state
        if state == "paused":
            world.take("resume", 0)
        for _ in range(4):
            for last in (("hand", PEOPLE), ("send", PEOPLE), ("look", 6), ("let go", PEOPLE)):
                world.take(*last)
        world.holds()
        ahead = Recipient.objects.ahead().filter(broadcast=world.row)
        assert state == "cancelled" or not ahead.exists(), "somebody was forgotten"
        transaction.set_rollback(True)


names = st.text(max_size=40)


@given(names, names)
def test_a_link_keeps_what_it_has_and_gets_the_words_once(campaign, query):
    from urllib.parse import quote

    url = f"https://www.example/a?q={quote(query, safe='')}#part"
    params = {"utm_source": "broadcast", "utm_campaign": campaign}

    once = tagged(url, params=params)

    assert once.startswith(url.partition("#")[0])
    assert once.endswith("#part")
    assert once.count("utm_source=") == 1
    assert tagged(once, params=params) == once
