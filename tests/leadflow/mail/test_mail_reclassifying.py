"""Clicks and opens are judged again after the rules changed: counted first, then done, by page and command."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.mail import engagement, reclassifying
from leadflow.mail.models import Delivery, Hit
from leadflow.models import Engagement
from leadflow.runs import leasing, working
from leadflow.runs.models import Run
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def opened(write):
    """opened(days=…): a mail whose picture was loaded so many days ago, by a person as it seemed."""

    def one(*, days=1, agent=BROWSER):
        lead = a_lead()
        row = write(lead_id=lead.pk, to=lead.email)
        when = timezone.now() - timedelta(days=days)
        Delivery.objects.filter(pk=row.pk).update(
            state="sent", transport="smtp", sent_at=when - timedelta(hours=1)
        )
        row = Delivery.objects.get(pk=row.pk)
        Hit.objects.create(
            delivery=row, kind="open", at=when, method="GET", agent=agent, network="203.0.113.0",
            verdict="unknown",
        )  # fmt: skip
        engagement.judge(row)
        return row

    return one


@pytest.fixture
def known_since(opened, monkeypatch):
    """Two mails that a program opened which is known as a scanner since, and one that a person opened."""
    opened(agent="Quietly/1.0"), opened(agent="Quietly/1.0", days=40), opened()
    scanner = engagement.hits._SCANNER
    monkeypatch.setattr(
        "leadflow.mail.hits._SCANNER", type("Known", (), {
            "search": staticmethod(lambda agent: "Quietly" in agent or scanner.search(agent))
        }),
    )  # fmt: skip


def people():
    return Engagement.objects.filter(kind="mail.opened", actor_class="human").count()


def test_what_would_change_is_counted_and_nothing_changes(known_since):
    found = reclassifying.reclassify(dry=True)

    assert (found.messages, found.hits, dict(found.changed)) == (3, 3, {"human>machine": 2})
    assert people() == 3
    assert set(Hit.objects.values_list("verdict", flat=True)) == {"human"}
    assert not Event.objects.filter(kind="hits.reclassified").exists()


def test_judging_again_takes_back_what_counted_and_is_on_record(known_since, alice, drain_events):
    found = reclassifying.reclassify(since=timezone.now() - timedelta(days=30), by=alice)

    assert (found.messages, found.total) == (2, 1)
    assert people() == 2
    assert Event.objects.filter(kind="engagement.corrected").count() == 1
    fact = Event.objects.get(kind="hits.reclassified")
    assert (fact.actor_id, fact.data["count"], fact.data["hits"]) == (alice.pk, 1, 2)
    assert reclassifying.reclassify().total == 1
    assert reclassifying.reclassify().total == 0
    drain_events()  # scores follow without a failure


def test_the_command_says_in_json_what_would_change_and_what_did(known_since, capsys):
    call_command("reclassify", "--since", "30d", "--dry-run", "--json")
    would = json.loads(capsys.readouterr().out)
    call_command("reclassify", "--json")
    did = json.loads(capsys.readouterr().out)

    assert would == {
        "messages": 2, "hits": 2, "changed": {"human>machine": 1}, "dry_run": True,
    }  # fmt: skip
    assert (did["changed"], did["dry_run"], people()) == ({"human>machine": 2}, False, 1)
    call_command("reclassify", "--since", "2026-01-01")
    assert "0 of" in capsys.readouterr().out


@pytest.mark.parametrize("told", ["soon", "2026-13-01", "-5d", "99999999d"])
def test_a_since_that_is_none_is_refused(told):
    with pytest.raises(CommandError, match="90d or 2026-09-01"):
        call_command("reclassify", f"--since={told}")


def finish():
    run = leasing.claim(heavy=True, run_id=Run.objects.latest("pk").pk)
    assert run is not None
    assert working.execute(run) == "done"
    return Run.objects.latest("pk")


def text_of(answer):
    return " ".join(answer.content.decode().split())


@pytest.fixture
def manager(client, mia):
    client.force_login(mia)
    return client


def test_a_manager_sees_what_would_change_before_it_does(manager, known_since, mia):
    manager.post("/settings/clicks/count/", {"days": "90"})
    run = finish()
    page = text_of(manager.get("/settings/clicks/"))

    assert "2 verdicts of 3 in 3 messages would change." in page
    assert people() == 3
    assert manager.post("/settings/clicks/judge/", {"run": run.pk}).status_code == 303
    finish()

    assert people() == 1
    assert "2 verdicts of 3 in 3 messages changed." in text_of(manager.get("/settings/clicks/"))
    assert Event.objects.get(kind="hits.reclassified").actor_id == mia.pk


def test_what_was_not_counted_lately_is_not_judged(manager, known_since):
    assert manager.post("/settings/clicks/judge/", {"run": ""}).status_code == 422
    manager.post("/settings/clicks/count/", {"days": "30"})
    run = Run.objects.get()
    assert manager.post("/settings/clicks/judge/", {"run": run.pk}).status_code == 422
    assert manager.post("/settings/clicks/count/", {"days": "30"}).status_code == 409
    assert manager.post("/settings/clicks/count/", {"days": "31"}).status_code == 422
    finish()
    Run.objects.update(finished_at=clock.now() - timedelta(days=2))
    assert manager.post("/settings/clicks/judge/", {"run": run.pk}).status_code == 409
    assert people() == 3


def test_a_rep_judges_nothing(client, bob):
    client.force_login(bob)

    assert client.get("/settings/clicks/").status_code == 403
    assert client.post("/settings/clicks/count/", {"days": "30"}).status_code == 403
