"""What the doors of the shell, the outbox, runs and the timeline are shown."""

import io

from django.utils import timezone

from leadflow.assets import attachments, uploads
from leadflow.events.models import Event
from leadflow.mail import confirming, links
from leadflow.mail.models import Delivery
from leadflow.mail.services import Message, queue_many
from leadflow.notifications.models import Notice, Notification
from leadflow.runs.models import Run
from leadflow.services import consent, notes
from leadflow.web.models import SavedView
from tests.guards.world import MARKERS, WHOSE


def prepare(world):
    messages = [
        Message(
            key=f"world:{whose}", kind="marketing", purpose="news", to=f"{MARKERS[whose]}@x.example",
            subject=f"Subject {MARKERS[whose]}", text=f"Text {MARKERS[whose]}",
            lead_id=world.leads[whose].pk,
        )
        for whose in WHOSE
    ]  # fmt: skip
    world.made["mail"] = dict(zip(WHOSE, queue_many(messages), strict=True))
    world.made["links"] = links.store(["https://customer.example/page"])
    asked = consent.give(
        lead=world.leads["own"], purpose="news", text="News, please", state="pending"
    )
    confirming.ask(asked=asked)
    words = Delivery.objects.get(key=f"doi:{asked.pk}:1").text
    world.made["confirmation"] = words.partition("/confirm/")[2].split()[0]
    world.made["run"] = {
        whose: Run.objects.create(
            kind="world", asker=world.owners[whose], created_at=timezone.now(), note=MARKERS[whose]
        )
        for whose in WHOSE
    }
    world.made["notice"] = {
        whose: Notification.objects.create(
            user=world.owners[whose], key="world", kind=Notice.WORKSPACE, at=timezone.now(),
            sentence=f"About {MARKERS[whose]}",
        )
        for whose in WHOSE
    }  # fmt: skip
    world.made["of_note"] = {whose: of_note(world, whose) for whose in WHOSE}
    world.made["view"] = {
        whose: SavedView.objects.create(
            owner=world.owners[whose], page="leads", name=MARKERS[whose]
        )
        for whose in WHOSE
    }


def of_note(world, whose):
    """A file of a note about her."""
    note = notes.add(text="See", lead=world.leads[whose], by=None)
    row = uploads.take_in(io.BytesIO(b"text"), name="plan.txt", kinds=("txt",))
    attachments.claim([row], kind=attachments.NOTE, pk=note.pk)
    return row.pk


def noted(world, whose):
    """The fact of that note."""
    facts = Event.objects.filter(kind="note.added", lead_id=world.leads[whose].pk)
    return facts.values_list("pk", flat=True).first()


def own(name):
    return lambda world, whose: {"pk": world.made[name][whose].pk}


def lead(world, whose):
    return {"pk": world.leads[whose].pk}


def token(url):
    return url.rstrip("/").rsplit("/", 1)[-1]


def mail_token(make):
    def example(world, whose):
        return {"token": token(make(world.made["mail"][whose], world))}

    return example


EXAMPLES = {
    "web:rule-preview": lambda world, whose: {"subject": "lead"},
    "web:rule-field": lambda world, whose: {"subject": "deal"},
    "web:view-edit": own("view"),
    "web:view-delete": own("view"),
    "mail:message": own("mail"),
    "mail:decide": own("mail"),
    "mail:unsubscribe": mail_token(lambda row, world: links.unsubscribe_url(row)),
    "mail:confirm": lambda world, whose: {"token": world.made["confirmation"]},
    "mail:open": mail_token(lambda row, world: links.open_url(row)),
    "mail:click": mail_token(
        lambda row, world: links.click_url(row, next(iter(world.made["links"].values())))
    ),
    "notifications:look": own("notice"),
    "runs:run": own("run"),
    "runs:cancel": own("run"),
    "timeline:lead": lead,
    "timeline:pin": lambda w, whose: lead(w, whose) | {"event": noted(w, whose)},
    "timeline:file": lambda w, whose: lead(w, whose) | {"upload": w.made["of_note"][whose]},
}
PAYLOADS = {
    "web:view-save": lambda world, whose: {"page": "leads", "name": "Mine", "state": "stage=mql"},
    "web:view-edit": lambda world, whose: {"name": "Other"},
    "mail:decide": lambda world, whose: {"decision": "skip"},
    "mail:unsubscribe": lambda world, whose: {"List-Unsubscribe": "One-Click"},
}
