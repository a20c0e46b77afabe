import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from leadflow.events import log, relay
from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.events.models import Event, EventFailure
from leadflow.events.registry import history_safe, name_of, once_a_batch, reacting
from leadflow.events.retrying import retry
from leadflow.models import Tag


class Seen:
    """A handler that remembers what it was given."""

    def __init__(self):
        self.batches = []

    def handler(self):
        def on_any(events):
            self.batches.append([(str(e.kind), e.lead_id) for e in events])

        return on_any

    @property
    def flat(self):
        return [one for batch in self.batches for one in batch]


@pytest.fixture
def seen():
    return Seen()


def tagged(lead_id):
    return record(Kind.LEAD_TAGGED, lead_id=lead_id, data={"fields": ["x"]})


def noted(lead_id, **more):
    return record(Kind.NOTE_ADDED, lead_id=lead_id, data={"note": 1}, **more)


def test_a_fact_reaches_its_handler_once(db, seen):
    noted(1)

    with reacting({Kind.NOTE_ADDED: [seen.handler()]}):
        first, second = relay.run(), relay.run()

    assert seen.batches == [[("note.added", 1)]]
    assert (first.events, second.events) == (1, 0)


def test_events_of_a_kind_come_as_one_batch_although_others_lie_between(db, seen):
    noted(1), tagged(2), noted(3), tagged(4)

    with reacting({"*": [seen.handler()]}):
        relay.run()

    assert seen.batches == [
        [("note.added", 1), ("note.added", 3)],
        [("lead.tagged", 2), ("lead.tagged", 4)],
    ]


def test_many_people_who_take_the_same_steps_are_one_batch_a_step(db, seen):
    for lead in (1, 2, 3):
        noted(lead), tagged(lead), noted(lead)

    with reacting({"*": [seen.handler()]}):
        relay.run()

    steps = ["note.added", "lead.tagged", "note.added"]
    assert seen.batches == [[(kind, lead) for lead in (1, 2, 3)] for kind in steps]


def test_what_was_recorded_of_a_merged_row_goes_out_before_the_merging(db, seen):
    noted(2), tagged(2)
    record(Kind.LEAD_MERGED, lead_id=1, data={"merged": 2})

    with reacting({"*": [seen.handler()]}):
        relay.run()

    assert [kind for kind, _ in seen.flat] == ["note.added", "lead.tagged", "lead.merged"]


def test_who_looks_at_the_outcome_is_called_once_after_all_steps_of_a_batch(db, seen):
    outcome, steps = seen, Seen()
    look = once_a_batch(outcome.handler())

    def step(events):
        assert not outcome.batches
        steps.batches.append(events)

    noted(1), tagged(1), noted(2)
    with reacting({Kind.NOTE_ADDED: [look, step], Kind.LEAD_TAGGED: [look, step]}):
        relay.run()

    assert outcome.batches == [[("note.added", 1), ("lead.tagged", 1), ("note.added", 2)]]
    assert len(steps.batches) == 2


def test_of_those_who_look_at_the_outcome_the_bad_fact_is_found_too(db):
    @once_a_batch
    def look(events):
        if any(e.lead_id == 2 for e in events):
            raise ValueError

    noted(1), tagged(2), noted(3)
    with reacting({Kind.NOTE_ADDED: [look], Kind.LEAD_TAGGED: [look]}):
        report = relay.run()

    assert (report.failures, EventFailure.objects.get().event.lead_id) == (1, 2)


def test_the_facts_of_one_lead_are_never_reordered(db, seen):
    noted(1), noted(2), tagged(1), noted(1), noted(2)

    with reacting({"*": [seen.handler()]}):
        relay.run()

    for lead in (1, 2):
        mine = [kind for kind, lead_id in seen.flat if lead_id == lead]
        events = Event.objects.filter(lead_id=lead).order_by("id")
        assert mine == list(events.values_list("kind", flat=True))


def test_the_facts_of_one_record_without_a_lead_are_never_reordered(db, seen):
    tag = Tag.objects.create(name="x")
    record(Kind.SETTING_CHANGED, subject=tag, data={"name": "a"})
    record(Kind.RUN_FINISHED, subject=tag, data={"run": 1, "kind": "k", "state": "done"})
    record(Kind.SETTING_CHANGED, subject=tag, data={"name": "b"})

    with reacting({"*": [seen.handler()]}):
        relay.run()

    assert [kind for kind, _ in seen.flat] == ["setting.changed", "run.finished", "setting.changed"]


def test_seq_follows_the_order_of_dispatch_without_repeats(db):
    events = [noted(n) for n in range(5)]
    relay.run(batch=2)

    seqs = [Event.objects.get(pk=e.pk).seq for e in events]
    assert seqs == sorted(set(seqs))
    assert not Event.objects.filter(dispatched_at=None).exists()


def test_one_bad_lead_of_a_thousand_is_found_and_the_others_go_through(db, seen):
    calls = []

    def on_noted(events):
        calls.append(len(events))
        if any(e.lead_id == 617 for e in events):
            raise ValueError("this lead has no address")
        for event in events:
            good.add(event.lead_id)

    good = set()
    record_many(Kind.NOTE_ADDED, range(1_000), data={"note": 1})

    with reacting({Kind.NOTE_ADDED: [on_noted, seen.handler()]}):
        report = relay.run()

    failure = EventFailure.objects.get()
    assert failure.event.lead_id == 617
    assert failure.handler == name_of(on_noted)
    assert failure.error == "ValueError: this lead has no address"
    assert good == set(range(1_000)) - {617}
    assert len(seen.flat) == 1_000
    assert report.failures == 1
    assert len(calls) <= 22  # once with all others, then halved


def test_what_a_failing_handler_wrote_is_undone_and_the_rest_stays(db):
    def on_noted(events):
        for event in events:
            Tag.objects.create(name=str(event.lead_id))
            if event.lead_id == 2:
                raise ValueError

    for lead in (1, 2, 3):
        noted(lead)
    with reacting({Kind.NOTE_ADDED: [on_noted]}):
        relay.run()

    assert set(Tag.objects.values_list("name", flat=True)) == {"1", "3"}


def test_a_row_that_breaks_a_foreign_key_fails_its_own_event_only(db, seen):
    def on_noted(events):
        for event in events:
            if event.lead_id == 2:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "INSERT INTO people_membership (user_id, team_id, is_manager)"
                        " VALUES (999999, 999999, false)"
                    )

    noted(1), noted(2), noted(3)
    with reacting({Kind.NOTE_ADDED: [on_noted, seen.handler()]}):
        report = relay.run()

    assert report.failures == 1
    assert EventFailure.objects.get().event.lead_id == 2
    assert {lead for _kind, lead in seen.flat} == {1, 2, 3}


def test_a_batch_in_which_nothing_fails_takes_one_savepoint(db, seen):
    for lead in range(20):
        noted(lead), tagged(lead)

    both = {Kind.NOTE_ADDED: [seen.handler()], Kind.LEAD_TAGGED: [Seen().handler()]}
    with (
        reacting(both),
        CaptureQueriesContext(connection) as done,
    ):
        relay.run()

    # the transaction of the batch is one itself, as a test is in a transaction; the second finds nothing
    assert sum(query["sql"].startswith("SAVEPOINT") for query in done) == 3


def test_what_others_did_before_a_handler_failed_is_done_once(db):
    def first(events):
        for event in events:
            Tag.objects.create(name=f"{event.kind} {event.lead_id}")

    def second(events):
        if any(event.lead_id == 2 for event in events):
            raise ValueError

    noted(1), noted(2), tagged(1)
    with reacting({Kind.NOTE_ADDED: [first], Kind.LEAD_TAGGED: [first], "*": [second]}):
        report = relay.run()

    names = Tag.objects.order_by("name").values_list("name", flat=True)
    assert list(names) == ["lead.tagged 1", "note.added 1", "note.added 2"]
    assert report.failures == 1


def test_what_a_handler_records_names_its_cause_and_its_hops(db):
    def on_noted(events):
        for event in events:
            tagged(event.lead_id)

    one, two = noted(1), noted(2)
    with reacting({Kind.NOTE_ADDED: [on_noted]}):
        relay.run()

    follow = Event.objects.filter(kind="lead.tagged").order_by("id")
    assert [(e.lead_id, e.cause_id, e.hops) for e in follow] == [(1, one.pk, 1), (2, two.pk, 1)]
    assert log.causes.get() is None


def test_abuse_H02_a_loop_of_reactions_stops_and_is_listed_once(db):
    def on_noted(events):
        for event in events:
            tagged(event.lead_id)

    def on_tagged(events):
        for event in events:
            noted(event.lead_id)

    noted(1)
    with reacting({Kind.NOTE_ADDED: [on_noted], Kind.LEAD_TAGGED: [on_tagged]}):
        relay.run()

    failure = EventFailure.objects.get()
    assert failure.error.startswith("loop")
    assert Event.objects.count() == relay.MAX_HOPS + 2
    assert not Event.objects.filter(dispatched_at=None).exists()


def test_imported_facts_reach_only_handlers_that_are_safe_for_history(db):
    careful, eager = Seen(), Seen()
    noted(1, origin="import"), noted(2, origin="live"), noted(3, origin="demo")

    with reacting({Kind.NOTE_ADDED: [history_safe(careful.handler())], "*": [eager.handler()]}):
        relay.run()

    assert {lead for _, lead in careful.flat} == {1, 2, 3}
    assert {lead for _, lead in eager.flat} == {2, 3}


def test_what_follows_from_an_imported_fact_is_imported_too(db):
    @history_safe
    def on_noted(events):
        for event in events:
            tagged(event.lead_id)

    eager = Seen()
    noted(1, origin="import")
    with reacting({Kind.NOTE_ADDED: [on_noted], Kind.LEAD_TAGGED: [eager.handler()]}):
        relay.run()

    assert Event.objects.get(kind="lead.tagged").origin == "import"
    assert eager.flat == []


def test_a_failure_that_is_repaired_goes_through_on_retry(db):
    broken = True

    def on_noted(events):
        if broken:
            raise ValueError("no")
        Tag.objects.create(name="done")

    noted(1)
    with reacting({Kind.NOTE_ADDED: [on_noted]}):
        relay.run()
        failure = EventFailure.objects.get()
        again = retry([failure.pk])
        failure.refresh_from_db()
        assert (again.failed, failure.attempts, failure.state) == (1, 2, "open")

        broken = False
        assert retry([failure.pk]).solved == 1
        assert retry([failure.pk]).solved == 1  # a second click does nothing

    failure.refresh_from_db()
    assert failure.state == "solved"
    assert Tag.objects.count() == 1


def test_a_failure_whose_handler_is_gone_stays_listed_with_that_reason(db):
    def on_noted(events):
        raise ValueError

    noted(1)
    with reacting({Kind.NOTE_ADDED: [on_noted]}):
        relay.run()
    assert retry([EventFailure.objects.get().pk]).failed == 1

    assert "Nothing reacts" in EventFailure.objects.get().error


@pytest.mark.django_db(transaction=True)
def test_a_second_relay_returns_at_once_and_touches_nothing(seen):
    with connections.create_connection("default").cursor() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [relay.LOCK])
        with transaction.atomic():
            noted(1)
        with reacting({Kind.NOTE_ADDED: [seen.handler()]}):
            report = relay.run()
        other.execute("SELECT pg_advisory_unlock(%s)", [relay.LOCK])
        other.db.close()

    assert (report.busy, report.events, seen.flat) == (True, 0, [])
    assert Event.objects.filter(dispatched_at=None).count() == 1
