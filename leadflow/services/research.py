"""Finding out about leads and companies: lines of the checklist ticked and taken back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, text
from leadflow.models import Company, Lead, Origin, ResearchCheck, ResearchItem
from leadflow.people.models import User

About = Lead | Company


@transaction.atomic
def check(
    *,
    item: ResearchItem,
    about: About,
    note: str = "",
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> ResearchCheck:
    """This was found out; ticked before, its note is written anew. Records `research.checked`.

    Raises Conflict where the line is of the other list, or is not offered any more.
    """
    at, words = at or clock.now(), text.one_line(note)[:300]
    if item.subject != subject_of(about) or item.is_archived:
        raise Conflict(_("This line is not on the list any more. Look again."))
    held = ResearchCheck.objects.select_for_update(of=("self",))
    fresh = {"note": words, "by": by, "at": at, "origin": origin}
    row, is_new = held.get_or_create(item=item, **_whose(about), defaults=fresh)
    if not is_new:
        if row.note == words:
            return row
        row.note, row.by, row.at = words, by, at
        row.save(update_fields=["note", "by", "at"])
    _record(row, about, True, by, at)
    return row


@transaction.atomic
def uncheck(
    *, item: ResearchItem, about: About, by: User | None, at: datetime | None = None
) -> bool:
    """It is to be found out again; whether it was ticked. Records `research.checked`."""
    held = ResearchCheck.objects.select_for_update(of=("self",))
    row = held.filter(item=item, **_whose(about)).first()
    if row is None:
        return False
    _record(row, about, False, by, at or clock.now())
    row.delete()
    return True


def subject_of(about: About) -> str:
    """Which of the two lists is hers, or the company's."""
    is_lead = isinstance(about, Lead)
    return ResearchItem.Subject.LEAD if is_lead else ResearchItem.Subject.COMPANY


def _whose(about: About) -> dict[str, About]:
    return {"lead": about} if isinstance(about, Lead) else {"company": about}


def _record(row: ResearchCheck, about: About, is_done: bool, by: User | None, at: datetime) -> None:
    is_lead = isinstance(about, Lead)
    record(
        Kind.RESEARCH_CHECKED,
        lead_id=about.pk if is_lead else None,
        by=by,
        subject=None if is_lead else about,
        data={"check": row.pk, "label": row.item.label, "done": is_done},
        at=at,
        origin=row.origin,
    )
