"""What the doors of the shell, the outbox, runs and the timeline are shown."""

from django.utils import timezone

from leadflow.mail import links
from leadflow.mail.services import Message, queue_many
from leadflow.notifications.models import Notice, Notification
from leadflow.runs.models import Run
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
    world.made["view"] = {
        whose: SavedView.objects.create(
            owner=world.owners[whose], page="leads", name=MARKERS[whose]
        )
        for whose in WHOSE
    }


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
    "web:view-rename": own("view"),
    "web:view-delete": own("view"),
    "mail:message": own("mail"),
    "mail:decide": own("mail"),
    "mail:unsubscribe": mail_token(lambda row, world: links.unsubscribe_url(row)),
    "mail:open": mail_token(lambda row, world: links.open_url(row)),
    "mail:click": mail_token(
        lambda row, world: links.click_url(row, next(iter(world.made["links"].values())))
    ),
    "notifications:look": own("notice"),
    "runs:run": own("run"),
    "runs:cancel": own("run"),
    "timeline:lead": lead,
}
PAYLOADS = {
    "web:view-save": lambda world, whose: {"page": "leads", "name": "Mine", "state": "stage=mql"},
    "web:view-rename": lambda world, whose: {"name": "Other"},
    "mail:decide": lambda world, whose: {"decision": "skip"},
    "mail:unsubscribe": lambda world, whose: {"List-Unsubscribe": "One-Click"},
}
