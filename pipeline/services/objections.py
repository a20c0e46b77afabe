"""Objections: written down as they are heard, answered, settled; and the playbook of answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.assets.models import ContentItem
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, text
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from leadflow.services import organisation
from pipeline.models import Deal, Objection, ObjectionAnswer, ObjectionKind

State = Objection.State
_TWICE = timedelta(minutes=2)  # the same words within it are one click too many


@dataclass(frozen=True, kw_only=True)
class Told:
    """What somebody says of an objection: its kind, the words, the answer, and how it went."""

    kind: ObjectionKind
    words: str = ""
    answer: ObjectionAnswer | None = None
    own_words: str = ""
    item: ContentItem | None = None
    state: str = State.OPEN


@transaction.atomic
def hear(
    on: Deal | Lead,
    *,
    told: Told,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Objection:
    """Write an objection down on a deal, or on a person before there is one; the same twice is once.

    Records `objection.raised`, and `objection.answered` where it was settled at once. Raises Invalid for
    an answer to another kind of objection, or a result without an answer.
    """
    at = at or clock.now()
    _check(told)
    deal, lead = (on, None) if isinstance(on, Deal) else (None, on)
    row = Objection(
        deal=deal, lead=lead, stage=deal.stage if deal else None, raised_at=at, raised_by=by,
        origin=origin,
    )  # fmt: skip
    _put(row, told, by, at)
    if known := _said_just_now(row, by, at):
        return known
    row.save(force_insert=True)
    _record(Kind.OBJECTION_RAISED, row, by, at)
    if row.state != State.OPEN:
        _record(Kind.OBJECTION_ANSWERED, row, by, at)
    return row


def _said_just_now(row: Objection, by: User | None, at: datetime) -> Objection | None:
    """The same objection in the same words by the same person, moments ago."""
    rows: Any = Deal.objects if row.deal_id else Lead.objects
    # two clicks wait for each other
    rows.select_for_update(no_key=True).get(pk=row.deal_id or row.lead_id)
    return Objection.objects.filter(
        deal=row.deal, lead=row.lead, kind=row.kind, words=row.words, raised_by=by,
        raised_at__gt=at - _TWICE, raised_at__lte=at,
    ).first()  # fmt: skip


def _check(told: Told) -> None:
    wrong: dict[str, list[str]] = {}
    if told.answer is not None and told.answer.kind_id != told.kind.pk:
        wrong["answer"] = [_("This answers another objection. Choose one of “%s”.") % told.kind]
    has_answer = told.answer is not None or bool(told.own_words.strip())
    if told.state == State.RESOLVED and not has_answer:
        wrong["own_words"] = [_("Say what resolved it: choose an answer or write your own.")]
    if wrong:
        raise Invalid(_("Look at the answer."), wrong)


def _put(row: Objection, told: Told, by: User | None, at: datetime) -> None:
    row.kind, row.answer = told.kind, told.answer
    row.item = told.item or (told.answer.item if told.answer else None)
    row.words = text.clean(told.words).strip()[:2000]
    row.own_words = text.clean(told.own_words).strip()[:2000]
    if told.state != row.state:
        row.state = told.state
        is_open = told.state == State.OPEN
        row.settled_at, row.settled_by = (None, None) if is_open else (at, by)


@transaction.atomic
def change(
    objection: Objection, *, told: Told, by: User | None, at: datetime | None = None
) -> Objection:
    """Say more of an objection: the answer, and whether it helped. Records `objection.answered` for
    another result or another answer. Raises Invalid as `hear` does."""
    at = at or clock.now()
    _check(told)
    rows = Objection.objects.select_for_update(of=("self",))
    row = rows.select_related("deal", "answer").get(pk=objection.pk)
    before = (row.state, row.answer_id)
    _put(row, told, by, at)
    row.save(
        update_fields=[
            "kind", "answer", "item", "words", "own_words", "state", "settled_at", "settled_by",
        ]
    )  # fmt: skip
    if before != (row.state, row.answer_id):
        _record(Kind.OBJECTION_ANSWERED, row, by, at)
    return row


def _record(kind: Kind, row: Objection, by: User | None, at: datetime) -> None:
    data = {
        "objection": row.pk, "title": row.kind.name, "state": row.state, "deal": row.deal_id,
        "answer": row.answer.title if row.answer else "",
    }  # fmt: skip
    lead_id = row.deal.lead_id if row.deal else row.lead_id
    record(kind, lead_id=lead_id, by=by, subject=row.deal or row.lead, data=data, at=at, origin=row.origin)  # fmt: skip


def follow_person(*, gone: list[int], keep: Lead) -> None:
    """What merged people had against buying is said by the one who stays."""
    Objection.objects.filter(lead__in=gone).update(lead=keep)


# --- the playbook ---------------------------------------------------------------------------------


@transaction.atomic
def save_setting(form: Any, user: User) -> Any:
    """Keep a kind of objection or an approved answer, as a matter of record."""
    values = {name: form.cleaned_data[name] for name in form.Meta.fields}
    row = form.instance
    fresh = type(row)() if row._state.adding else type(row)._default_manager.get(pk=row.pk)
    return organisation.save_object(row=fresh, values=values, by=user)
