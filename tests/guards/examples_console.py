"""What the doors of console, sign-in, flow and runs are shown."""

import re

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str

from leadflow.kit import clock
from leadflow.mail import guarding, senders, signing
from leadflow.mail.models import Delivery, MailTemplate, SendingLimit
from leadflow.models import CustomField, ExchangeRate, ResearchItem, Source
from leadflow.people.models import Role
from leadflow.runs.models import Run
from leadflow.services import people


def prepare(world):
    sent = people.invite(email="guest@world.example", role=Role.REP, by=world.users[Role.ADMIN])
    sender, secret = a_waiting_sender(world.users[Role.ADMIN])
    world.made |= {
        "sender": sender,
        "sender_token": secret,
        "token": sent.token,
        "invitation": sent.invitation,
        "source": Source.objects.create(name="A source"),
        "mail_template": MailTemplate.objects.create(
            name="A letter", subject="Hello", text="Words"
        ),
        "research": ResearchItem.objects.create(subject="lead", label="A line"),
        "field": CustomField.objects.create(subject="lead", key="roof", label="R", type="text"),
        "guard": guarding.pause(
            from_address="sender@world.example", reason="x", by=world.users[Role.ADMIN]
        ),
        "signing_key": signing.make_key(domain="world.example", by=world.users[Role.ADMIN]),
        "limit": SendingLimit.objects.create(scope="way", name="smtp", most=9_999, span=60),
        "rate": ExchangeRate.objects.create(currency="USD", on="2026-01-01", rate="0.9"),
    }


def a_waiting_sender(admin):
    """A sender whose mailbox was asked, and the token of its link."""
    sender = senders.add(name="A sender", email="hello@world.example", by=admin)
    text = Delivery.objects.get(key__startswith=f"sender:{sender.pk}:").text
    return sender, re.search(r"/senders/([\w-]+)/", text)[1]


def person(world, whose):
    return {"pk": world.owners[whose].pk}


def made(name):
    return lambda world, whose: {"pk": world.made[name].pk}


def reset(world, whose):
    user = world.owners[whose]
    key = default_token_generator.make_token(user)
    return {"uidb36": user_pk_to_url_str(user), "key": key}


EXAMPLES = {
    "account_reset_password_from_key": reset,
    "console:join": lambda world, whose: {"token": world.made["token"]},
    "console:sender-confirm": lambda world, whose: {"token": world.made["sender_token"]},
    "console:sender-edit": made("sender"),
    "console:sender-ask": made("sender"),
    "console:sender-default": made("sender"),
    "console:sender-remove": made("sender"),
    "console:sender-resume": made("guard"),
    "console:signing-turn": made("signing_key"),
    "console:signing-remove": made("signing_key"),
    "console:limit-remove": made("limit"),
    "console:person": person,
    "console:person-invite": person,
    "console:person-active": person,
    "console:person-sign-out": person,
    "console:invitation-again": made("invitation"),
    "console:invitation-revoke": made("invitation"),
    "console:rate-remove": made("rate"),
    "console:teams-edit": lambda world, whose: {"pk": world.north.pk},
    "console:teams-archive": lambda world, whose: {"pk": world.north.pk},
    "console:research-edit": made("research"),
    "console:research-archive": made("research"),
    "console:letters-edit": made("mail_template"),
    "console:letters-archive": made("mail_template"),
    "console:sources-edit": made("source"),
    "console:sources-archive": made("source"),
    "console:fields-edit": made("field"),
    "console:fields-archive": made("field"),
}


def counted():
    """A count of what judging clicks again would change, ended just now."""
    return Run.objects.create(
        kind="reclassify", args={"since": None, "days": None, "dry": True}, state=Run.State.DONE,
        created_at=clock.now(), finished_at=clock.now(),
    )  # fmt: skip


PAYLOADS = {
    "console:clicks-count": lambda world, whose: {"days": "30"},
    "console:clicks-judge": lambda world, whose: {"run": counted().pk},
    "console:deliverability-check": lambda world, whose: {"domain": "localhost.example"},
    "console:suppressions": lambda world, whose: {"reason": "blocked"},
    "console:suppression-lift": lambda world, whose: {"address": "x@world.example", "why": "x"},
    "console:sender-pause": lambda world, whose: {"sender": "leadflow@localhost.example"},
    "console:signing-make": lambda world, whose: {"domain": "localhost.example"},
    "console:signing-turn": lambda world, whose: {"on": "1"},
    "console:limit-set": lambda world, whose: {
        "scope": "way",
        "name": "other",
        "most": "5",
        "span": "60",
    },
    "account_login": lambda world, whose: {"login": "rep@world.example", "password": "wrong"},
    "account_reset_password": lambda world, whose: {"email": "rep@world.example"},
    "console:identity": lambda world, whose: {"name": "New", "colour": "#112233"},
    "console:teams-new": lambda world, whose: {"name": "Third"},
    "console:person": lambda world, whose: {
        "name": "New",
        "role": "viewer",
        "email": "n@w.example",
    },
}
