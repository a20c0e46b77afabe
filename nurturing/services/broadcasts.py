"""Writing broadcasts: making, changing, copying and putting them away. Nothing here sends."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid, StaleVersion
from leadflow.kit import clock
from leadflow.mail.models import MailDesign, SenderIdentity
from leadflow.models import Campaign, Organisation, Origin
from leadflow.people.models import User
from leadflow.segments.models import Segment
from nurturing.models import Broadcast
from nurturing.services import documents

_COPIED = (
    "campaign", "purpose", "sender", "subject", "preview", "body", "design", "offer", "programs",
    "timing", "send_time",
    "other_subjects", "sample_share", "decide_by", "decide_after", "counts_opens",
)  # fmt: skip
MOST_SUBJECTS = 4


@transaction.atomic
def create(
    *, name: str, by: User | None, origin: str = Origin.LIVE, at: datetime | None = None
) -> Broadcast:
    """Make an empty draft. Raises Invalid without a name."""
    _refuse_empty(name)
    return Broadcast.objects.create(
        name=name.strip(),
        created_at=at or clock.now(),
        created_by=by,
        origin=origin,
        zone=Organisation.current().time_zone,
    )


def _refuse_empty(name: str) -> None:
    if not name.strip():
        sentence = _("Give the broadcast a name.")
        raise Invalid.at("name", sentence)


@transaction.atomic
def edit(
    broadcast: Broadcast,
    *,
    by: User | None,  # noqa: ARG001
    name: str,
    subject: str,
    body: str,
    preview: str = "",
    design: MailDesign | None = None,
    offer: int | None = None,
    sender: SenderIdentity | None = None,
    campaign: Campaign | None = None,
    purpose: str = "marketing",
    include: Collection[Segment] = (),
    exclude: Collection[Segment] = (),
    timing: str = Broadcast.Timing.NOW,
    send_on: date | None = None,
    send_time: time | None = None,
    other_subjects: Sequence[str] = (),
    sample_share: int = 20,
    decide_by: str = Broadcast.DecideBy.CLICKS,
    decide_after: int = 4,
    counts_opens: bool | None = None,
    revision: int | None = None,
) -> Broadcast:
    """Keep an edit of a draft; `offer` is its id; with `other_subjects` a sample of so many in a hundred tries them all, for
    so many hours. Raises Conflict where it is no draft any more, StaleVersion where somebody else saved
    since `revision`, Invalid for a comparison that there cannot be."""
    row = locked(broadcast)
    refuse_unless_draft(row)
    refuse_if_stale(row, revision)
    _refuse_empty(name)
    row.name, row.subject, row.body, row.preview = name.strip(), subject, body, preview
    row.sender, row.campaign, row.purpose = sender, campaign, purpose or "marketing"
    row.timing, row.send_on, row.send_time = timing, send_on, send_time
    row.zone = Organisation.current().time_zone
    row.other_subjects = compiled_subjects(other_subjects)
    row.sample_share, row.decide_by, row.decide_after = sample_share, decide_by, decide_after
    refuse_impossible(row)
    row.counts_opens = counts_opens
    row.design, row.offer_id = design, offer
    row.programs = programs_of(row)
    row.revision += 1
    row.save()
    row.include.set(include)
    row.exclude.set(exclude)
    return row


def compiled_subjects(written: Iterable[str]) -> list[dict[str, Any]]:
    """Further subjects as a broadcast keeps them, each with its program; none that is empty. One that
    does not compile has an empty program, and is named by the check."""
    return [
        {"subject": one, "program": documents.programs_of(one, "").get("subject", [])}
        for one in written
        if one.strip()
    ]


def refuse_impossible(row: Broadcast) -> None:
    """Raise Invalid where the comparison of subjects is outside of its bounds."""
    if len(row.other_subjects) >= MOST_SUBJECTS:
        raise Invalid(_("Try at most %(most)s subjects.") % {"most": MOST_SUBJECTS})
    for name, least, most in (("sample_share", 10, 50), ("decide_after", 1, 48)):
        if not least <= getattr(row, name) <= most:
            sentence = _("Choose between %(least)s and %(most)s.") % {"least": least, "most": most}
            raise Invalid.at(name, sentence)
    if row.decide_by not in Broadcast.DecideBy.values:
        raise Invalid(_("Subjects are told apart by clicks or by replies."))


def refuse_unless_draft(row: Broadcast) -> None:
    """Raise Conflict, with what she can do instead, where it may not be changed any more."""
    if row.state == Broadcast.State.SCHEDULED:
        raise Conflict(_("This broadcast is scheduled. Make it a draft again to change it."))
    if not row.is_draft:
        raise Conflict(
            _("This broadcast has gone out and stays as it was. Duplicate it to write another.")
        )


def refuse_if_stale(row: Broadcast, revision: int | None) -> None:
    """Raise StaleVersion where somebody saved since she read it."""
    if revision is not None and revision != row.revision:
        raise StaleVersion(_("Somebody else changed this broadcast meanwhile. Look at it again."))


@transaction.atomic
def duplicate(broadcast: Broadcast, *, by: User | None, at: datetime | None = None) -> Broadcast:
    """A new draft with the same words and segments, without a day."""
    name = _("Copy of %(name)s") % {"name": broadcast.name}
    copy = create(name=name[:120], by=by, at=at)
    for field in _COPIED:
        setattr(copy, field, getattr(broadcast, field))
    copy.save()
    copy.include.set(broadcast.include.living())
    copy.exclude.set(broadcast.exclude.living())
    return copy


@transaction.atomic
def archive(broadcast: Broadcast, *, by: User | None, at: datetime | None = None) -> None:  # noqa: ARG001
    """Put a broadcast away; its figures stay. Raises Conflict while more of it is about to leave."""
    row = locked(broadcast)
    if row.is_going or row.state == Broadcast.State.PAUSED:
        raise Conflict(_("This broadcast is not at its end. Call it off first."))
    row.archived_at = at or clock.now()
    row.save(update_fields=["archived_at"])


@transaction.atomic
def bring_back(broadcast: Broadcast, *, by: User | None) -> None:  # noqa: ARG001
    """Take a broadcast out of the archive."""
    Broadcast.objects.filter(pk=broadcast.pk).update(archived_at=None)


def locked(broadcast: Broadcast) -> Broadcast:
    """The row as it is now, held until the transaction ends."""
    return Broadcast.objects.select_for_update(of=("self",)).get(pk=broadcast.pk)


def programs_of(broadcast: Broadcast) -> dict[str, Any]:
    """Its mail as programs, its design as it was published last."""
    words = broadcast.words
    return documents.programs_of(
        words["subject"], words["body"], preheader=words["preheader"], design=words["design"]
    )


def values_of(broadcast: Broadcast) -> dict[str, Any]:
    """What a form begins with."""
    fields = (
        "name", "subject", "preview", "body", "design", "sender", "campaign", "purpose", "timing",
        "send_on", "send_time", "sample_share", "decide_by", "decide_after",
        "counts_opens",
    )  # fmt: skip
    values: dict[str, Any] = {name: getattr(broadcast, name) for name in fields}
    for place, one in enumerate(broadcast.subjects[1:], start=2):
        values[f"subject_{place}"] = one
    values["offer"] = broadcast.offer_id
    return values | {"include": broadcast.include.all(), "exclude": broadcast.exclude.all()}
