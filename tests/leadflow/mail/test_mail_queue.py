from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from leadflow.errors import Invalid
from leadflow.kit import clock, emails
from leadflow.mail import wake
from leadflow.mail.merge import compile_template
from leadflow.mail.merge_fields import catalogue, values_for, values_for_many
from leadflow.mail.models import Delivery
from leadflow.mail.services import (
    Copy,
    Message,
    cancel_for_leads,
    queue,
    queue_alike,
    queue_many,
)
from leadflow.models import CustomField, Lead, LeadIdentity, Organisation, Suppression
from leadflow.services import addresses, privacy

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    at = timezone.now()
    made = Lead.objects.create(
        first_name="Ann", email="ann@a.com", stage_since=at, created_at=at, custom={"plan": "gold"}
    )
    LeadIdentity.objects.create(
        lead=made, kind="email", value="ann@a.com", value_norm="ann@a.com", created_at=at
    )
    return made


def test_a_transaction_wakes_one_sender_however_many_it_queues(
    write, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        for _ in range(5):
            write()

    assert callbacks == [wake.now]


def test_a_planned_message_wakes_nobody(write, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        write(due_at=timezone.now() + timedelta(hours=1))

    assert callbacks == []


def test_scaled_business_time_becomes_a_real_wait(write):
    clock.configure(3_600, timezone.now())
    try:
        row = write(due_at=clock.now() + timedelta(days=2))
    finally:
        clock.configure()

    assert row.state == "planned"
    assert timedelta(seconds=30) < row.not_before - timezone.now() < timedelta(seconds=60)


def test_many_are_queued_in_the_order_asked_and_known_keys_stand(write):
    known = write(key="b:2")
    messages = [
        Message(key=f"b:{n}", kind="marketing", to=f"p{n}@a.com", subject="s", text="t")
        for n in (1, 2, 3)
    ]

    rows = queue_many(messages)

    assert [row.key for row in rows] == ["b:1", "b:2", "b:3"]
    assert rows[1].pk == known.pk


def test_one_bad_message_queues_none():
    messages = [
        Message(key=f"b:{n}", kind="marketing", to=to, subject="s", text="t")
        for n, to in enumerate(["a@a.com", "nobody"])
    ]

    with pytest.raises(Invalid):
        queue_many(messages)

    assert not Delivery.objects.exists()


def test_mail_to_a_demo_lead_or_user_is_demo_mail_whatever_the_caller_says(write, lead, bob):
    Lead.objects.update(origin="demo")
    bob.is_demo = True
    bob.save()

    assert write(lead_id=lead.pk, origin="live").origin == "demo"
    assert write(to="Bob@crm.example", kind="essential").origin == "demo"


def test_a_leads_marketing_is_stopped_together(write, lead):
    mine, other = write(lead_id=lead.pk), write()
    personal = write(lead_id=lead.pk, kind="personal")

    assert cancel_for_leads(lead_ids=[lead.pk], reason="Became a customer") == 1

    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {mine.pk: "skipped", other.pk: "queued", personal.pk: "queued"}


def test_abuse_I01_an_erased_person_is_in_no_column_of_the_ledger(write, lead):
    write(lead_id=lead.pk, to="ann@a.com", to_name="Ann Marker", text="Dear Ann Marker")

    assert privacy.export(lead)["mail"][0]["to_address"] == "ann@a.com"
    privacy.erase(lead=lead, by=None)

    row = Delivery.objects.values().get()
    assert row["state"] == "skipped"
    assert not [value for value in row.values() if "ann" in str(value).lower()]


def test_the_catalogue_offers_what_a_lead_has(lead):
    CustomField.objects.create(subject="lead", key="plan", label="Plan", type="text")
    source = "{{ lead.name }} {{ lead.custom.plan }} {{ owner.name | default: 'us' }}"

    made = compile_template(source, catalogue())

    assert made.render(values_for(lead)) == "Ann gold us"


def test_a_body_of_a_megabyte_is_refused():
    with pytest.raises(Invalid, match="million"):
        queue(key="x", kind="notice", to="a@a.com", subject="s", text="x" * 1_000_001)


def test_a_thousand_messages_are_at_most_one_task(monkeypatch, django_capture_on_commit_callbacks):
    from celery import current_app

    from leadflow.mail import tasks

    told = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_how: told.append(name))
    rows = [
        Message(key=f"bulk:{n}", kind="marketing", to=f"p{n}@a.com", subject="x", text="x")
        for n in range(1_000)
    ]

    with django_capture_on_commit_callbacks(execute=True):
        queue_many(rows)

    assert told == ["leadflow.mail.tasks.send_due"]
    assert len(rows) <= tasks._LIMIT


SHARED = {
    "kind": "marketing", "identity": None, "headers": {"X-Campaign": "s-1"}, "origin": "live",
    "due_at": timezone.now(), "counts_opens": True,
}  # fmt: skip
OWN = ("id", "public_id", "key", "created_at", "not_before")


def _as_stored(start):
    rows = Delivery.objects.filter(key__startswith=start).order_by("key")
    return [{k: v for k, v in row.items() if k not in OWN} for row in rows.values()]


def test_copies_are_stored_as_the_same_messages_one_by_one_would_be(lead):
    demo = Lead.objects.create(email="d@a.com", stage_since=timezone.now(),
                               created_at=timezone.now(), origin="demo")  # fmt: skip
    addresses.suppress(
        email="no@a.com", reason=Suppression.Reason.UNSUBSCRIBED, purpose="tracking", by=None
    )
    words = [
        ("Ann@A.com", " Ann  B ", lead.pk, "Hello Ann", "Hi,\r\n\n“Ann” \\ {x}", ""),
        ("d@a.com", "", demo.pk, "Hello  you", "Hi", "<p onclick=x>Hi<script>1</script></p>"),
        ("no@a.com", "x" * 300, lead.pk, "Grüße\u00a0", "NULL", ""),
    ]
    queue_many(
        [
            Message(key=f"one:{n}", to=to, to_name=name, lead_id=pk, subject=head, text=text,
                    html=html, **SHARED)
            for n, (to, name, pk, head, text, html) in enumerate(words)
        ]
    )  # fmt: skip
    shared = Message(key="", to="", subject="", text="", **SHARED)
    copies = [
        Copy(f"many:{n}", emails.parse(to), _hash(to), name, pk, head, text, html)
        for n, (to, name, pk, head, text, html) in enumerate(words)
    ]

    ids = queue_alike(shared, copies)

    assert _as_stored("many:") == _as_stored("one:")
    assert queue_alike(shared, copies) == ids
    assert Delivery.objects.filter(key__startswith="many:").count() == 3


def _hash(address):
    return addresses.address_hash(address.lower())


def test_a_copy_that_no_mail_may_be_is_refused_before_anything_is_written(lead):
    shared = Message(key="", to="", subject="", text="", **SHARED)
    to = emails.parse("ann@a.com")
    copies = [
        Copy(key, to, _hash(to.norm), "", lead.pk, subject, "t")
        for key, subject in [("good", "s"), ("bad", "a\nb")]
    ]

    with pytest.raises(Invalid):
        queue_alike(shared, copies)

    assert not Delivery.objects.exists()


def test_fields_of_many_leads_are_those_of_each(lead):
    other = Lead.objects.create(
        first_name="Bea", stage_since=timezone.now(), created_at=timezone.now()
    )
    organisation = Organisation.current()
    plain = {"lead.first_name", "lead.custom.plan", "company.name", "owner.email", "owner.name"}

    for asked in (plain, {*plain, "owner.first_name"}):
        found = values_for_many([lead.pk, other.pk], organisation, asked=asked)
        for one in (lead, other):
            whole = values_for(one, organisation, asked=asked)
            wanted = {*asked, "lead.name", "organisation.name"}
            assert {k: found[one.pk].get(k) for k in wanted} == {k: whole.get(k) for k in wanted}


def test_fields_of_a_thousand_leads_cost_one_statement(lead, django_assert_num_queries):
    organisation = Organisation.current()
    with django_assert_num_queries(1):
        values_for_many([lead.pk], organisation, asked={"lead.city", "company.name"})
