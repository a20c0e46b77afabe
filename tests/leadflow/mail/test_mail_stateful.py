"""The ledger against a model: whatever happens in whatever order, marketing leaves at most once.

The model knows how often the bytes of a message may have left, and which step may move a message from
where to where; all else is asked of the database after each step.
"""

import itertools
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from leadflow.errors import InvalidTransition
from leadflow.events.models import Event
from leadflow.mail import guarding, ledger, outcomes, services
from leadflow.mail.ledger import Answer
from leadflow.mail.models import AT_LEAST_ONCE, Attempt, Delivery, SenderGuard
from leadflow.models import Lead, Suppression
from leadflow.services import addresses, consent, privacy
from leadflow.services.merging import merge
from tests.factories.core import a_lead
from tests.faults.sizes import size

STATES = {state.value for state in Delivery.State}
FINAL = {"sent", "failed", "skipped", "uncertain", "bounced", "complained"}
STOPPED = {(state, "skipped") for state in ("planned", "queued", "claimed")}
# Which step may move a message from where to where; a step that is not named moves none.
DIAGRAM = {
    "time": {("planned", "queued")},
    "claim": {("queued", "claimed"), ("queued", "skipped")},
    "begin": {("claimed", "sending"), ("claimed", "skipped"), ("claimed", "queued")},
    "accepted": {("sending", "sent"), ("uncertain", "sent")},
    "pass on": {
        ("sending", "sent"), ("uncertain", "sent"),
        ("claimed", "sending"), ("claimed", "skipped"), ("claimed", "queued"),
    },
    "later": {("sending", "queued"), ("sending", "failed")},
    "down": {("sending", "queued")},
    "no": {("sending", "failed")},
    "gone": {("sending", "failed")},
    "lost": {("sending", "uncertain")},
    "before": {("claimed", "queued"), ("claimed", "failed")},
    "release": {("claimed", "queued")},
    "expire": {("claimed", "queued"), ("sending", "uncertain"), ("sending", "queued"), ("uncertain", "queued")},
    "days": {("uncertain", "failed")},
    "resend": {("uncertain", "queued")},
    "sent": {("uncertain", "sent")},
    "write_off": {("uncertain", "failed")},
    "arrived": {("uncertain", "sent")},
    "bounced": {("sent", "bounced"), ("uncertain", "bounced")},
    "complained": {(state, "complained") for state in ("sent", "uncertain", "bounced")},
    "unsubscribe": STOPPED | {("uncertain", "sent")},
    "cancel": STOPPED,
    "erase": STOPPED,
}  # fmt: skip
REPEATED = {("sending", "queued"), ("uncertain", "queued")}
KINDS = ("marketing", "marketing", "marketing", "personal", "essential", "notice")
PEOPLE = 5
_runs = itertools.count(1)


def any_in(*states):
    """Only while messages are in one of these states: a step without them would do nothing."""
    return precondition(lambda self: any(self.seen[state] for state in states))


class Ledger(RuleBasedStateMachine):
    """Senders that claim, begin, crash and answer late; people who opt out, come back, are merged and
    erased; colleagues who cancel, pause, let go and decide about what is uncertain."""

    claims = Bundle("claims")
    begun = Bundle("begun")

    def __init__(self):
        super().__init__()
        Attempt.objects.all().delete()
        Delivery.objects.all().delete()
        Suppression.objects.all().delete()
        SenderGuard.objects.all().delete()
        self.run, self.number = next(_runs), 0
        self.lives = [0] * PEOPLE  # how often each was erased; she comes back under another address
        self.people = [a_lead(self.address(n)).pk for n in range(PEOPLE)]
        self.everybody = list(self.people)
        self.seen = Counter()  # how many messages are in which state
        self.left = {}  # delivery -> how often its bytes may have left
        self.allowed = {}  # delivery -> how often they may
        self.kinds = {}
        self.erased = set()

    def address(self, person):
        return f"p{person}-{self.lives[person]}-{self.run}@a.test-mail.com"

    @contextmanager
    def step(self, name):
        """Whatever this step moves, the diagram says that it may."""
        before = self.states()
        yield
        after = self.states()
        self.seen = Counter(after.values())
        for pk in before:
            moved = (before[pk], after[pk])
            assert moved[0] == moved[1] or moved in DIAGRAM.get(name, ()), (name, moved)
            if name == "expire" and moved in REPEATED:
                assert self.kinds[pk] in AT_LEAST_ONCE, moved

    def states(self):
        return dict(Delivery.objects.values_list("pk", "state"))

    def is_stopped(self, row):
        """Whether it may not begin: cancelled, or its receiver wants no such mail."""
        now = Delivery.objects.get(pk=row.pk)
        if now.cancelled_at or now.state == "skipped":
            return True
        rows = Suppression.objects.filter(email_hash=now.to_hash, lifted_at=None)
        purposes = set(rows.values_list("purpose", flat=True))
        return now.kind != "essential" and ("" in purposes or now.purpose in purposes - {""})

    def is_paused(self):
        return bool(guarding.paused())

    # --- what is written, and time ---------------------------------------------------------------

    @initialize()
    def begin_with_some(self):
        for number, kind in enumerate(KINDS):
            self.write(kind, number % PEOPLE, later=False)

    @rule(kind=st.sampled_from(KINDS), person=st.integers(0, PEOPLE - 1), later=st.booleans())
    def queue(self, kind, person, later):
        self.write(kind, person, later)

    def write(self, kind, person, later):
        self.number += 1
        with self.step("queue"):
            row = services.queue(
                key=f"m:{self.run}:{self.number}", kind=kind, to=self.address(person), subject="s",
                text="t", lead_id=self.people[person],
                due_at=timezone.now() + timedelta(hours=1) if later else None,
            )  # fmt: skip
        self.left[row.pk], self.kinds[row.pk] = 0, kind
        self.allowed[row.pk] = ledger.MAX_TRIES if kind in AT_LEAST_ONCE else 1

    @any_in("planned", "queued")
    @rule(late=st.sampled_from([timedelta(seconds=1), timedelta(seconds=1), timedelta(hours=25)]))
    def time_comes(self, late):
        past = timezone.now() - late
        waiting = Delivery.objects.filter(state__in=["planned", "queued"])
        waiting.update(not_before=past)
        stale = set()
        if late > ledger.STALE_AFTER:
            stale = set(
                waiting.filter(state="planned", kind="marketing", released_at=None).values_list(
                    "pk", flat=True
                )
            )
        with self.step("time"):
            ledger.promote()
        assert stale <= set(Delivery.objects.held().values_list("pk", flat=True))

    def a_person_lets_go_what_was_too_late(self):
        held = set(Delivery.objects.held().values_list("pk", flat=True))
        with self.step("let go"):
            outcomes.let_go(ids=list(held))
        with self.step("time"):
            ledger.promote()
        assert not held & set(Delivery.objects.filter(state="planned").values_list("pk", flat=True))

    # --- senders, of which there are as many as claims are open ---------------------------------------

    @any_in("queued")
    @rule(target=claims, limit=st.integers(1, 3))
    def claim(self, limit):
        with self.step("claim"):
            rows = ledger.claim(limit=limit)
        paused = self.is_paused()
        for row in rows:
            assert not self.is_stopped(row), "claimed what may not go"
            assert not (paused and row.kind == "marketing"), "claimed what is paused"
        return rows or multiple()

    @any_in("claimed")
    @rule(target=begun, claimed=claims, which=st.integers(0, 2))
    def begin(self, claimed, which):
        row = claimed[which % len(claimed)]
        stopped, paused = self.is_stopped(row), self.is_paused()
        with self.step("begin"):
            no = ledger.begin(row, transport="smtp")
        if no is None:
            return multiple()
        assert not stopped, "began after the opt-out or the cancelling"
        assert not (paused and row.kind == "marketing"), "began while its sender was paused"
        self.left[row.pk] += 1
        return row, no

    @any_in("claimed")
    @rule(target=begun, attempt=consumes(begun), claimed=claims, which=st.integers(0, 2))
    def pass_on(self, attempt, claimed, which):
        """The server accepted one, perhaps late; the next begins with that."""
        (row, no), following = attempt, claimed[which % len(claimed)]
        now = Delivery.objects.get(pk=row.pk)
        stopped, paused = self.is_stopped(following), self.is_paused()
        with self.step("pass on"):
            accepted = ledger.Accepted(row, no, Answer(250, "ok"))
            new = ledger.pass_on(accepted, following, transport="smtp")
        if now.token == row.token and now.state in ("sending", "uncertain"):
            assert Delivery.objects.get(pk=row.pk).state == "sent"
        if new is None:
            return multiple()
        assert not stopped, "began after the opt-out or the cancelling"
        assert not (paused and following.kind == "marketing"), "began while its sender was paused"
        self.left[following.pk] += 1
        return following, new

    @rule(
        attempt=consumes(begun),
        how=st.sampled_from(["accepted", "accepted", "later", "down", "no", "gone", "lost"]),
    )
    def answer(self, attempt, how):
        """The server's answer, perhaps long after the lease ran out."""
        row, no = attempt
        now = Delivery.objects.get(pk=row.pk)
        mine = now.token == row.token
        with self.step(how):
            if how == "accepted":
                done = ledger.finish(row, no, Answer(250, "ok"))
                assert done == (mine and now.state in ("sending", "uncertain"))
            else:
                self.not_accepted(row, no, how)
        if how in ("later", "down", "no", "gone"):
            self.left[row.pk] -= 1  # the server said that it kept nothing

    def not_accepted(self, row, no, how):
        match how:
            case "later":
                outcomes.defer(row, Answer(451, "4.2.0 wait"), no=no)
            case "down":
                outcomes.put_back(row, Answer(421, "4.3.2 closing"), no=no)
            case "lost":
                outcomes.lose(row, Answer(None, "cut"), no=no)
            case _:
                text = "5.1.1 unknown" if how == "gone" else "5.7.1 no"
                outcomes.refuse(row, Answer(550, text, about_receiver=True), no=no)

    @any_in("claimed")
    @rule(
        claimed=claims, which=st.integers(0, 2), how=st.sampled_from(["defer", "poison", "refuse"])
    )
    def something_goes_wrong_before_begin(self, claimed, which, how):
        row = claimed[which % len(claimed)]
        if Delivery.objects.get(pk=row.pk).state != "claimed":
            return  # a sender that begins no longer meets this
        with self.step("before"):
            if how == "poison":
                outcomes.poison(row, "ValueError")
            elif how == "defer":
                outcomes.defer(row, Answer(450, "4.2.0 wait"))
            else:
                outcomes.refuse(row, Answer(550, "5.7.1 no"))

    @any_in("claimed")
    @rule(claimed=claims, keep=st.booleans())
    def renew_or_release(self, claimed, keep):
        with self.step("renew" if keep else "release"):
            act = ledger.renew if keep else ledger.release
            act(claimed[0].token)

    @any_in("claimed", "sending", "uncertain")
    @rule()
    def leases_run_out(self):
        past = timezone.now() - timedelta(seconds=1)
        Delivery.objects.exclude(lease_until=None).update(lease_until=past)
        with self.step("expire"):
            ledger.expire()

    def three_days_pass(self):
        rows = Delivery.objects.filter(state="uncertain").exclude(kind__in=AT_LEAST_ONCE)
        rows.update(began_at=timezone.now() - timedelta(hours=73))
        with self.step("days"):
            ledger._write_off()
        assert not rows.filter(state="uncertain").exists()

    # --- receivers ------------------------------------------------------------------------------------

    @rule(
        what=st.sampled_from(
            [
                "opt out",
                "opt out",
                "come back",
                "come back",
                "merge",
                "erase",
                "pause",
                "resume",
                "let go",
                "cancel",
                "days",
            ]
        ),
        person=st.integers(0, PEOPLE - 1),
        other=st.integers(0, PEOPLE - 1),
        purpose=st.sampled_from(["marketing", "marketing", ""]),
        data=st.data(),
    )
    def somebody_decides(self, what, person, other, purpose, data):
        """What happens now and then, in one rule, so that most steps are those of senders."""
        match what:
            case "opt out":
                self.opt_out(person, purpose)
            case "come back":
                self.come_back(person)
            case "merge":
                self.two_were_one_person(person, other)
            case "erase":
                self.erase(person)
            case "let go":
                self.a_person_lets_go_what_was_too_late()
            case "days":
                self.three_days_pass()
            case "cancel":
                self.cancel(data)
            case _:
                self.pause_or_resume_the_sender(what == "pause")

    def opt_out(self, person, purpose):
        with self.step("opt out"):
            addresses.suppress(
                email=self.address(person), purpose=purpose, reason="unsubscribed", by=None
            )

    def come_back(self, person):
        with self.step("come back"), transaction.atomic():
            consent.take_back_opt_out(
                email=self.address(person), purpose="marketing", at=timezone.now()
            )

    @any_in("sending", "sent", "uncertain", "bounced")
    @rule(data=st.data(), what=st.sampled_from(["unsubscribe", "arrived", "bounced", "complained"]))
    def a_receiver_tells(self, data, what):
        """By the link in a message, by an answer, or by a report of her server or provider."""
        row = self.any_of(data, Delivery.objects.exclude(began_at=None).exclude(to_norm=""))
        if row is None:
            return
        with self.step(what):
            match what:
                case "unsubscribe":
                    services.unsubscribe(delivery=row)
                case "arrived":
                    outcomes.arrived(row, "It was answered")
                case "bounced":
                    outcomes.bounce(row, Answer(550, "5.1.1 unknown"), is_hard=False)
                case _:
                    outcomes.complain(row, "abuse")

    def two_were_one_person(self, one, other):
        keep, drop = self.people[one], self.people[other]
        if keep == drop:
            return
        with self.step("merge"):
            merge(survivor=Lead.objects.get(pk=keep), loser=Lead.objects.get(pk=drop), by=None)
        self.people = [keep if pk == drop else pk for pk in self.people]

    def erase(self, person):
        """She is forgotten with all rows that were merged into hers, and may come back as somebody new."""
        pk = self.people[person]
        same = [n for n, one in enumerate(self.people) if one == pk]
        norms = [self.address(n) for n in same]
        rows = set(Delivery.objects.filter(to_norm__in=norms).values_list("pk", flat=True))
        with self.step("erase"):
            privacy.erase(lead=Lead.objects.get(pk=pk), by=None)
        self.erased |= rows
        for n in same:
            self.lives[n] += 1
            self.people[n] = a_lead(self.address(n)).pk
            self.everybody.append(self.people[n])

    # --- colleagues -----------------------------------------------------------------------------------

    def any_of(self, data, rows):
        found = list(rows.order_by("id"))
        return data.draw(st.sampled_from(found)) if found else None

    def cancel(self, data):
        row = self.any_of(data, Delivery.objects.exclude(state__in=FINAL - {"uncertain"}))
        if row is not None:
            with self.step("cancel"):
                services.cancel(keys=[row.key], reason="stop")

    @any_in("uncertain")
    @rule(data=st.data(), what=st.sampled_from(["resend", "sent", "write_off"]))
    def decide(self, data, what):
        row = self.any_of(data, Delivery.objects.uncertain())
        if row is None:
            return
        act = {"resend": outcomes.resend, "sent": outcomes.mark_sent}.get(what, outcomes.write_off)
        if what == "resend" and row.pk in self.erased:
            with pytest.raises(InvalidTransition):
                act(delivery=row, by=None)
            return
        with self.step(what):
            act(delivery=row, by=None)
        if what == "resend":
            self.allowed[row.pk] += 1
        with pytest.raises(InvalidTransition):
            act(delivery=row, by=None)

    def pause_or_resume_the_sender(self, on):
        ours = Delivery.objects.values_list("from_address", flat=True).first()
        with self.step("pause"):
            if on and ours:
                guarding.pause(from_address=ours, reason="look", by=None)
            for guard in [] if on else guarding.paused():
                guarding.resume(guard=guard, by=None)

    # --- what holds after each step -------------------------------------------------------------------

    @invariant()
    def nothing_leaves_more_often_than_it_may(self):
        for pk, count in self.left.items():
            assert count <= self.allowed[pk], f"delivery {pk} left {count} times"

    @invariant()
    def every_row_is_in_a_known_state_with_a_fitting_lease(self):
        fields = (
            "token",
            "lease_until",
            "tries",
            "held_at",
            "kind",
            "to_address",
            "to_norm",
            "text",
        )
        for row in Delivery.objects.values("pk", "state", *fields):
            state = row["state"]
            assert state in STATES
            if state in ("claimed", "sending"):
                assert None not in (row["token"], row["lease_until"])
            if state == "queued":
                assert row["token"] is None
            if state in ("sending", "sent", "uncertain", "bounced", "complained"):
                assert row["tries"] >= 1, "it never began"
            if row["held_at"] is not None:
                assert (state, row["kind"]) in {("planned", "marketing"), ("skipped", "marketing")}
            if row["pk"] in self.erased:
                assert row["to_address"] == row["to_norm"] == row["text"] == ""
                assert state not in ("planned", "queued", "claimed")

    @invariant()
    def each_beginning_is_an_attempt_with_one_message_id(self):
        found = {}
        for pk, no, name in Attempt.objects.order_by("delivery", "no").values_list(
            "delivery", "no", "message_id"
        ):
            found.setdefault(pk, []).append((no, name))
        for row in Delivery.objects.filter(tries__gt=0):
            numbers, names = zip(*found[row.pk], strict=True)
            assert numbers == tuple(range(1, row.tries + 1))
            assert set(names) == {row.message_id}

    @invariant()
    def what_was_sent_is_told_once(self):
        kinds = ("marketing", "personal")
        about = [pk for pk in self.kinds if self.kinds[pk] in kinds and pk not in self.erased]
        events = Event.objects.filter(kind="delivery.sent", lead_id__in=self.everybody)
        told = Counter(data.get("delivery") for data in events.values_list("data", flat=True))
        assert not told or max(told.values()) == 1, told
        for pk, state in self.states().items():
            if state == "sent" and pk in about:
                assert told[pk] == 1

    def teardown(self):
        """Everything reaches an end: nothing is stuck when senders go on."""
        for guard in guarding.paused():
            guarding.resume(guard=guard, by=None)
        for _ in range(3 + len(self.left)):
            if set(self.states().values()) <= FINAL:
                return
            self.leases_run_out()
            self.time_comes(timedelta(seconds=1))
            self.a_person_lets_go_what_was_too_late()
            for row in ledger.claim(limit=50):
                no = ledger.begin(row, transport="smtp")
                if no is not None:
                    ledger.finish(row, no, Answer(250, "ok"))
        assert set(self.states().values()) <= FINAL


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_the_ledger_keeps_its_promise_in_any_order_of_events():
    """2,000 steps in `make test`, 20,000 in `make faults`."""
    run_state_machine_as_test(
        Ledger, settings=hypothesis_settings(max_examples=size(50, 500), stateful_step_count=40)
    )
