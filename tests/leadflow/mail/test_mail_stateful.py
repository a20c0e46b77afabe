"""The ledger against a model: whatever happens in whatever order, marketing leaves at most once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from leadflow.errors import InvalidTransition
from leadflow.mail import ledger, outcomes, services
from leadflow.mail.models import Delivery
from leadflow.models import Suppression
from leadflow.services import addresses

STATES = {state.value for state in Delivery.State}
FINAL = {"sent", "failed", "skipped", "uncertain"}


class Ledger(RuleBasedStateMachine):
    """Senders that claim, begin, crash and answer late; people who opt out, cancel and resend."""

    claims = Bundle("claims")
    begun = Bundle("begun")

    def __init__(self):
        super().__init__()
        Delivery.objects.all().delete()
        Suppression.objects.all().delete()
        self.number = 0
        self.left = {}  # delivery -> how often its bytes may have left
        self.allowed = {}  # delivery -> how often they may
        self.stopped = set()  # opted out or cancelled: may not begin from now on

    def delivery(self, pk):
        return Delivery.objects.get(pk=pk)

    @rule(kind=st.sampled_from(["marketing", "marketing", "essential"]), later=st.booleans())
    def queue(self, kind, later):
        self.number += 1
        due_at = timezone.now() + timedelta(hours=1) if later else None
        row = services.queue(
            key=f"m:{self.number}", kind=kind, to=f"p{self.number % 5}@a.test-mail.com",
            subject="s", text="t", due_at=due_at,
        )  # fmt: skip
        self.left[row.pk] = 0
        self.allowed[row.pk] = ledger.MAX_TRIES if kind == "essential" else 1
        if kind == "marketing" and addresses.is_suppressed(row.to_norm, "marketing"):
            self.stopped.add(row.pk)

    @rule()
    def time_comes(self):
        past = timezone.now() - timedelta(seconds=1)
        Delivery.objects.filter(state__in=["planned", "queued"]).update(not_before=past)
        ledger.promote()

    @rule(target=claims, limit=st.integers(1, 3))
    def claim(self, limit):
        return ledger.claim(limit=limit)

    @rule(target=begun, claimed=claims, which=st.integers(0, 2))
    def begin(self, claimed, which):
        if which >= len(claimed):
            return None
        row = claimed[which]
        no = ledger.begin(row, transport="smtp")
        if no is None:
            return None
        assert row.pk not in self.stopped, "began after the opt-out or the cancelling"
        self.left[row.pk] += 1
        return row, no

    @rule(attempt=begun, how=st.sampled_from(["accepted", "later", "no", "gone", "lost"]))
    def answer(self, attempt, how):
        """The server's answer, perhaps long after the lease ran out."""
        if attempt is None:
            return
        row, no = attempt
        before = self.delivery(row.pk).state
        if how == "accepted":
            ledger.finish(row, no, ledger.Answer(250, "ok"))
            assert self.delivery(row.pk).state != "queued" or before == "queued"
        elif before == "sending" and self.delivery(row.pk).token == row.token:
            self._not_accepted(row, no, how)

    def _not_accepted(self, row, no, how):
        if how == "later":
            outcomes.defer(row, ledger.Answer(451, "4.2.0 wait"), no=no)
            self.left[row.pk] -= 1  # the server said that it kept nothing
        elif how == "lost":
            outcomes.lose(row, ledger.Answer(None, "cut"), no=no)
        else:
            text = "5.1.1 unknown" if how == "gone" else "5.7.1 no"
            outcomes.refuse(row, ledger.Answer(550, text), no=no)
            if how == "gone":
                self._stop(row.to_norm)

    @rule(claimed=claims)
    def release(self, claimed):
        if claimed:
            ledger.release(claimed[0].token)

    @rule()
    def leases_run_out(self):
        Delivery.objects.exclude(lease_until=None).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
        ledger.expire()

    @rule(person=st.integers(0, 4), purpose=st.sampled_from(["marketing", ""]))
    def opt_out(self, person, purpose):
        email = f"p{person}@a.test-mail.com"
        addresses.suppress(email=email, purpose=purpose, reason="unsubscribed", by=None)
        self._stop(email)

    def _stop(self, email):
        rows = Delivery.objects.filter(to_norm=email, kind="marketing")
        self.stopped |= set(rows.values_list("pk", flat=True))

    @rule(data=st.data())
    def cancel(self, data):
        keys = list(Delivery.objects.order_by("id").values_list("key", flat=True))
        if keys:
            key = data.draw(st.sampled_from(keys))
            services.cancel(keys=[key], reason="stop")
            row = Delivery.objects.get(key=key)
            if row.state == "skipped" or row.cancelled_at:
                self.stopped.add(row.pk)

    @rule(data=st.data(), what=st.sampled_from(["resend", "sent", "write_off"]))
    def decide(self, data, what):
        rows = list(Delivery.objects.uncertain().order_by("id"))
        if not rows:
            return
        row = data.draw(st.sampled_from(rows))
        act = {"resend": outcomes.resend, "sent": outcomes.mark_sent}.get(what, outcomes.write_off)
        act(delivery=row, by=None)
        if what == "resend":
            self.allowed[row.pk] += 1
        with pytest.raises(InvalidTransition):
            act(delivery=row, by=None)

    @invariant()
    def nothing_leaves_more_often_than_it_may(self):
        for pk, count in self.left.items():
            assert count <= self.allowed[pk], f"delivery {pk} left {count} times"

    @invariant()
    def every_row_is_in_a_known_state_with_a_fitting_lease(self):
        for row in Delivery.objects.all():
            assert row.state in STATES
            if row.state in ("claimed", "sending"):
                assert row.token is not None
                assert row.lease_until is not None
            if row.state == "queued":
                assert row.token is None

    def teardown(self):
        """Everything reaches an end: nothing is stuck when senders go on."""
        for _ in range(3 + len(self.left)):
            self.leases_run_out()
            self.time_comes()
            for row in ledger.claim(limit=50):
                no = ledger.begin(row, transport="smtp")
                if no is not None:
                    ledger.finish(row, no, ledger.Answer(250, "ok"))
        assert set(Delivery.objects.values_list("state", flat=True)) <= FINAL


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_the_ledger_keeps_its_promise_in_any_order_of_events():
    run_state_machine_as_test(
        Ledger, settings=hypothesis_settings(max_examples=40, stateful_step_count=40)
    )
