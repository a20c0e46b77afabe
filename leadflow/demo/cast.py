"""Who works in the demo workspace, where its leads come from, and what that costs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from capture.blocks import FORM_BLOCKS
from capture.blocks.asking import questions
from capture.blocks.kinds import STARTERS
from capture.blocks.starts import block
from capture.models import Form, FormVersion
from capture.rules.heard import QUESTION
from capture.services import forms
from distribution.services import policy, pools
from leadflow.blocks import documents
from leadflow.demo import designs, habits, letters, roof
from leadflow.models import Channel, Direction, LeadStage, Organisation, Origin, Source, SpendEntry
from leadflow.people.models import Membership, Role, Team, User
from leadflow.rulesets import services as rulesets
from pipeline.models import LostReason, PipelineStage, StageKind
from pipeline.services import pipelines
from qualification.services import buying
from qualification.services import models as score_models

DOMAIN = "brightwell.example"
PEOPLE = (
    ("Robin Hale", Role.ADMIN, None),
    ("Helen Voss", Role.MANAGER, "Europe"),
    ("Maya Okafor", Role.REP, "Europe"),
    ("Tomás Ruiz", Role.REP, "Europe"),
    ("Ingrid Solberg", Role.REP, "Nordics"),
    ("Daniel Cohen", Role.REP, "Nordics"),
    ("Priya Nair", Role.MARKETER, None),
    ("Sam Otto", Role.VIEWER, "Europe"),
)
# how it quotes
FREE_DISCOUNT, TAX = Decimal(10), Decimal(21)
TERMS = "Payment in three parts: a third each with the order, the delivery and the switching on."
TEAMS = ("Europe", "Nordics")
# name, channel, direction, free, monthly spend, share of the leads
SOURCES = (
    ("Google Ads", Channel.PAID_SEARCH, Direction.INBOUND, False, 2_600, 30),
    ("Organic search", Channel.ORGANIC, Direction.INBOUND, False, 900, 22),
    ("LinkedIn Ads", Channel.PAID_SOCIAL, Direction.INBOUND, False, 1_700, 13),
    ("Webinars", Channel.WEBINAR, Direction.INBOUND, False, 550, 11),
    ("Referral", Channel.REFERRAL, Direction.INBOUND, True, 0, 10),
    ("Trade fairs", Channel.EVENT, Direction.OUTBOUND, False, 1_400, 8),
    ("Newsletter", Channel.EMAIL, Direction.INBOUND, False, 140, 6),
)


@dataclass(frozen=True)
class LiveForm:
    """A form as its visitors meet it: what went live, and the names of its questions."""

    document: Form
    version: FormVersion
    asked: frozenset[str]


@dataclass
class Cast:
    """The people and things that the story needs."""

    admin: User
    manager: User
    marketer: User
    reps: list[User]
    sources: list[tuple[Source, int]]
    forms: dict[str, LiveForm]
    stages: list[PipelineStage]
    reasons: dict[str, LostReason]


def make(start: date, end: date, at: datetime) -> Cast:
    """Make them, as of `at`; spend runs from `start` to `end`."""
    organisation = Organisation.current()
    organisation.name, organisation.has_demo = "Brightwell", True
    organisation.legal_name = "Brightwell Solar B.V. (demo)"
    organisation.postal_address = "Herengracht 1\n1015 BA Amsterdam\nNetherlands"
    organisation.free_discount, organisation.tax_rate = FREE_DISCOUNT, TAX
    organisation.quote_terms = TERMS
    organisation.time_zone, organisation.base_currency = "Europe/Amsterdam", "EUR"
    organisation.save()
    users = _people()
    reps = [users[name] for name, role, _team in PEOPLE if role == Role.REP]
    admin = users["Robin Hale"]
    sources = _sources()
    _spend(sources, start, end, users["Priya Nair"])
    pipelines.ensure_default()
    _routing(reps, admin, at)
    made = _forms(users["Priya Nair"], at)
    _scoring(made, users["Priya Nair"], at)
    _buyers(users["Priya Nair"], at)
    documents = {key: form.document for key, form in made.items()}
    designs.make(users["Priya Nair"], at)
    letters.make(documents, users["Priya Nair"], at)
    habits.make(users["Priya Nair"], at)
    return Cast(
        admin, users["Helen Voss"], users["Priya Nair"], reps, sources, made, _stages(),
        {reason.name: reason for reason in LostReason.objects.all()},
    )  # fmt: skip


def _stages() -> list[PipelineStage]:
    """The open columns of the board, from the left."""
    board = PipelineStage.objects.filter(kind=StageKind.OPEN).order_by(
        "pipeline__position", "position"
    )
    first = board[0].pipeline_id
    return [stage for stage in board if stage.pipeline_id == first]


def _people() -> dict[str, User]:
    teams = {name: Team.objects.create(name=name) for name in TEAMS}
    users = {}
    for name, role, team in PEOPLE:
        first = name.split()[0].lower().replace("á", "a")
        user = User.objects.create_user(
            f"{first}@{DOMAIN}", name=name, role=role, is_demo=True, time_zone="Europe/Amsterdam"
        )
        users[name] = user
        if team:
            is_manager = role == Role.MANAGER
            Membership.objects.create(user=user, team=teams[team], is_manager=is_manager)
    Membership.objects.create(user=users["Helen Voss"], team=teams["Nordics"], is_manager=True)
    return users


def _sources() -> list[tuple[Source, int]]:
    return [
        (
            Source.objects.create(name=name, channel=channel, direction=direction, is_free=free),
            share,
        )
        for name, channel, direction, free, _monthly, share in SOURCES
    ]


def _spend(sources: list[tuple[Source, int]], start: date, end: date, by: User) -> None:
    rows = []
    for (source, _share), (_n, _c, _d, _f, monthly, _s) in zip(sources, SOURCES, strict=True):
        first = start.replace(day=1)
        while monthly and first <= end:
            last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            rows.append(
                SpendEntry(
                    source=source,
                    starts_on=first,
                    ends_on=last,
                    amount=Decimal(monthly + (first.month * 37) % 400),
                    currency="EUR",
                    rate=Decimal(1),
                    entered_by=by,
                    is_demo=True,
                )
            )
            first = last + timedelta(days=1)
    SpendEntry.objects.bulk_create(rows)


def _routing(reps: list[User], by: User, at: datetime) -> None:
    nordic = {
        "all": [{"field": "lead.country", "op": "is_any_of", "value": ["SE", "NO", "DK", "FI"]}]
    }
    europe, nordics = (pools.create(name=name, by=by, always_open=True) for name in TEAMS)
    for rep in reps:
        pool = nordics if rep.teams.filter(name="Nordics").exists() else europe
        pools.put_member(pool, user=rep, by=by)
    document = {
        "rules": [{"name": "Nordics", "when": nordic, "pool": nordics.pk}],
        "pool": europe.pk,
    }
    rule_set = policy.the_policy(by)
    rulesets.save_draft(rule_set, document=document, by=by, at=at)
    rulesets.publish(rule_set, by=by, note=_("The first routing"), at=at)


def _scoring(made: dict[str, LiveForm], by: User, at: datetime) -> None:
    """The default model, and whoever asks to be shown or called goes to sales at once."""
    asking = [f"form:{made[key].document.pk}" for key in ("demo", "contact")]
    cells = ["A1", "A2", "B1", "B2"]
    rule_set = score_models.the_model(by)
    document = score_models.default() | {"hand_raise": asking, "cells": cells}
    rulesets.save_draft(rule_set, document=document, by=by, at=at)
    rulesets.publish(rule_set, by=by, note=_("The first model"), at=at)


def _buyers(by: User, at: datetime) -> None:
    """Where people stand in the buyer's journey, by what they did and told us."""
    rules = {
        "awareness": ("score.engagement", "at_least", 5),
        "consideration": ("score.engagement", "at_least", 25),
        "decision": ("bant.timing", "is_any_of", ["soon", "now"]),
    }
    document = {
        stage: {"all": [{"field": field, "op": op, "value": value}]}
        for stage, (field, op, value) in rules.items()
    }
    rule_set = rulesets.create(
        kind=buying.KIND, name=_("Buyer's stage"), document=document, by=by, at=at
    )
    rulesets.publish(rule_set, by=by, note=_("The first rules"), at=at)


def _ask_where_from(form: Form) -> None:
    """The question of the palette, before what she agrees to."""
    starter = next(one for one in STARTERS if one.key == QUESTION)
    rows = form.draft["pages"][-1]["blocks"]
    place = next((n for n, row in enumerate(rows) if row["type"] == "consent"), len(rows))
    rows.insert(place, block(starter.type, **starter.as_json()["props"]))
    form.draft = documents.normalised(form.draft, FORM_BLOCKS)
    form.save(update_fields=["draft"])


def _forms(by: User, at: datetime) -> dict[str, LiveForm]:
    made = {}
    for key, name in (
        ("contact", "Contact us"),
        ("demo", "See it with your own roof"),
        ("guide", "Guide: solar for food producers"),
        ("newsletter", "Newsletter"),
    ):
        form = forms.create(name=name, by=by, start=key, origin=Origin.DEMO, at=at)
        if key in ("contact", "demo"):
            _ask_where_from(form)
        if key == "newsletter":
            Form.objects.filter(pk=form.pk).update(stage=LeadStage.SUBSCRIBER)
        forms.publish(form=form, by=by, at=at)
        document = Form.objects.get(pk=form.pk)
        version = document.live_version
        version.document = document  # asked for every submission
        asked = frozenset(question.name for question in questions(version.content))
        made[key] = LiveForm(document, version, asked)
    roof.make(by, at)
    return made
