"""However many rows a bulk path goes through, it takes a handful of tasks: one for a thousand rows at most, and
fewer the more there are. The same over Redis and a real worker: `python -m benchmarks --only tasks`."""

import io
import time
from datetime import timedelta

import pytest
from celery import current_app

from leadflow.events.bell import bell
from leadflow.imports import services as imports
from leadflow.kit import clock
from leadflow.kit.ids import code
from leadflow.mail import tasks as mail_tasks
from leadflow.mail.models import Delivery
from leadflow.models import Consent, Lead
from leadflow.people.models import User
from leadflow.runs import leasing, services, working
from leadflow.segments import services as segments
from leadflow.services import leads
from nurturing import tasks as nurturing_tasks
from nurturing.models import Enrolment
from nurturing.services import enrolment, existing, sending
from qualification.services import scoring
from tests.factories.core import NOON
from tests.factories.nurturing import a_broadcast, a_sequence, confirmed, mail_step, wait_step

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MOST = 5  # a run, its mails, their facts, and what begins both
ALWAYS = {"days": list(range(7)), "opens": "00:00", "closes": "23:59"}


@pytest.fixture
def told(monkeypatch):
    """The names of all tasks that are sent."""
    names = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_how: names.append(name))
    return names


def crowd(count):
    """People who agreed to get mail, made at once."""
    made = Lead.objects.bulk_create(
        Lead(public_id=code(12), email=f"c{n}@crowd.example", stage_since=NOON, created_at=NOON)
        for n in range(count)
    )
    Consent.objects.bulk_create(
        Consent(lead=lead, channel="email", state="given", at=NOON) for lead in made
    )
    return [lead.pk for lead in made]


def worked_on():
    """What a worker does when it is woken."""
    for heavy in (True, False):
        while run := leasing.claim(heavy=heavy):
            assert working.execute(run) == "done"


def settled(told):
    """The names, once the thread that rings has sent what was rung."""
    until = time.monotonic() + 5
    while bell._rung.is_set():
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(0.1)
    return list(told)


def bring_in(count):
    lines = ["email,first_name", *(f"n{n}@new.example,N{n}" for n in range(count))]
    by = User.objects.create_user("a@a.example", name="A", role="admin")
    imported = imports.upload(
        entity="lead", name="f.csv", file=io.BytesIO("\n".join(lines).encode()), by=by
    )
    imports.start(imported, by=by)
    worked_on()
    assert Lead.objects.count() == count


def let_in(count):
    by = User.objects.create_user("a@a.example", name="A", role="admin")
    told = segments.create(name="L", kind="static", lead_ids=crowd(count), by=None, at=NOON)
    sequence = a_sequence(trigger={"kind": "segment", "ref": told.pk}, window=ALWAYS)
    existing.let_in(sequence, sequence.rule_set.versions.get(), by=by)
    worked_on()
    assert Enrolment.objects.count() == count


def tick(count):
    sequence = a_sequence(mail_step(), wait_step(), window=ALWAYS)
    at = clock.now() - timedelta(minutes=5)
    enrolment.enrol_many(sequence=sequence, lead_ids=crowd(count), by=None, at=at)
    nurturing_tasks.advance_due()
    assert Delivery.objects.count() == count


def cast(count):
    ids = crowd(count)
    confirmed(a_broadcast(*Lead.objects.filter(pk__in=ids)), at=clock.now())
    sending.push_due()
    worked_on()
    assert Delivery.objects.count() == count


def send(count):
    tick(count)
    mail_tasks.send_due()
    assert Delivery.objects.filter(state="sent").count() == count


def rescore(count):
    crowd(count)
    services.start(scoring.CHANGEOVER, {}, by=None)
    worked_on()


def assign(count):
    owner = User.objects.create_user("o@a.example", name="O", role="rep")
    leads.assign_many(owners=dict.fromkeys(crowd(count), owner), by=None, reason="hand")
    assert Lead.objects.filter(owner=owner).count() == count


@pytest.mark.parametrize(
    ("path", "rows"),
    [(bring_in, 2_100), (let_in, 2_600), (tick, 2_100), (cast, 1_300), (send, 400),
     (rescore, 2_600), (assign, 1_000)],
)  # fmt: skip
def test_a_bulk_path_takes_a_handful_of_tasks(path, rows, told):
    path(rows)

    assert len(settled(told)) <= MOST, told
