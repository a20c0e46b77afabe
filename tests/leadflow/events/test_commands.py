import json

import pytest
from django.core.management import CommandError, call_command

from leadflow.events import registry, relay, selectors
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import EventFailure


@pytest.fixture
def broken(db):
    def on_noted(events):
        raise ValueError("no")

    record(Kind.NOTE_ADDED, lead_id=1, data={"note": 1})
    with registry.reacting({Kind.NOTE_ADDED: [on_noted]}):
        yield on_noted


def test_the_relay_command_says_what_it_did(broken, capsys):
    call_command("relay", "--once", "--json")

    assert json.loads(capsys.readouterr().out) == {
        "events": 1, "batches": 1, "failures": 1, "busy": False, "more": False,
    }  # fmt: skip


def test_the_retry_command_fails_while_a_reaction_fails(broken, capsys):
    relay.run()

    with pytest.raises(CommandError) as caught:
        call_command("retry_events", "--json")
    assert caught.value.returncode == 1
    assert json.loads(capsys.readouterr().out) == {"solved": 0, "failed": 1}


def test_the_retry_command_takes_the_numbers_of_the_flow_page(broken, capsys):
    relay.run()
    with registry.reacting({Kind.NOTE_ADDED: []}), pytest.raises(CommandError):
        call_command("retry_events", str(EventFailure.objects.get().pk))

    assert "0 solved, 1 failed again" in capsys.readouterr().out


def test_health_tells_what_waits_and_what_failed(broken):
    before = selectors.health()
    relay.run()
    after = selectors.health()

    assert (before.waiting, before.failures) == (1, 0)
    assert before.lag is not None
    assert (after.waiting, after.lag, after.failures) == (0, None, 1)
    assert after.usual_seconds >= 0


def test_a_table_that_names_an_unknown_kind_is_refused():
    def on_x(events):
        pass

    def takes_two(event, lead):
        pass

    assert registry.faults({"lead.danced": [on_x]}) == ["lead.danced is not a kind of event."]
    assert "stands twice" in registry.faults({Kind.NOTE_ADDED: [on_x, on_x]})[0]
    assert "one batch" in registry.faults({Kind.NOTE_ADDED: [takes_two]})[0]
