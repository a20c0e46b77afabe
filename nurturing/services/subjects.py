"""Several subjects of one broadcast: a sample tries them, one look decides, the rest gets the better one.

Who is of the sample, and which subject she gets, follows from her id and that of the broadcast. The rest is
held, and nobody hands it over, until the choice is written down: one row for each broadcast, made under the
lock on the broadcast. From then on the run lets the rest go in chunks and hands it over as anybody else.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail.models import COUNTED
from leadflow.models import Organisation
from leadflow.people.models import User
from nurturing.models import LETTERS, Broadcast, Recipient, SubjectChosen
from nurturing.rules import choosing
from nurturing.services import audience, winners
from nurturing.services.broadcasts import locked

LEAST = 100  # people on whom each subject is tried: below, nearly any difference is chance
BATCH = 2_000


# --- Before it goes -------------------------------------------------------------------------------------


def too_few(row: Broadcast, counted: audience.Counted) -> str:
    """Why its audience is too small to tell the subjects apart; nothing where it is not."""
    if not row.is_tested:
        return ""
    fewest = min(counted.sampled[place] for place in range(len(row.subjects)))
    if fewest >= LEAST:
        return ""
    sentence = _(
        "Too few to tell: a subject would be tried on %(n)s people, and under %(least)s nearly any"
        " difference is chance. Make the sample larger, try fewer subjects, or send it with one."
    )
    return sentence % {"n": fewest, "least": LEAST}


def refuse_too_few(row: Broadcast, counted: audience.Counted) -> None:
    """Raise Conflict where the sample would tell nothing."""
    sentence = too_few(row, counted)
    if sentence:
        raise Conflict(sentence)


# --- The choice -----------------------------------------------------------------------------------------


def chosen_of(row: Broadcast) -> SubjectChosen | None:
    """How its comparison ended, if it has."""
    return SubjectChosen.objects.select_related("by").filter(broadcast=row).first()


def look(row: Broadcast, *, at: datetime) -> bool:
    """Decide where the time has come, under the lock on the row; whether the rest may go now."""
    if not row.is_tested or not row.recipients.held().exists():
        return False
    return chosen_of(row) is not None or _decide(row, at)


def _decide(row: Broadcast, at: datetime) -> bool:
    if row.sample_left_at is None:
        sample = row.recipients.filter(is_sample=True)
        if sample.waiting().exists() or sample.untried().exists():
            return False
        row.sample_left_at = at
        row.save(update_fields=["sample_left_at"])
    if row.decides_at is None or at < row.decides_at:
        return False
    tallies = compare(row)
    won = choosing.winner({str(place): tally for place, tally in tallies.items()})
    _keep(row, int(won or 0), tallies, is_clear=bool(won), at=at)
    return True


def compare(row: Broadcast) -> dict[int, choosing.Tally]:
    """How each subject did on the sample, by its place, in one statement: (people to whom it worked,
    people to whom it was sent)."""
    rows = row.recipients.filter(is_sample=True)
    tried = Q(delivery__state__in=COUNTED)
    good = tried & winners.worked(rows, row.decide_by, lead="lead")
    found = rows.order_by().values("subject").annotate(
        tried=Count("pk", filter=tried), good=Count("pk", filter=good)
    )  # fmt: skip
    tallies = {one["subject"]: (one["good"], one["tried"]) for one in found}
    return {place: tallies.get(place, (0, 0)) for place in range(len(row.subjects))}


def _keep(
    row: Broadcast,
    subject: int,
    tallies: Mapping[int, choosing.Tally],
    *,
    is_clear: bool,
    at: datetime,
    by: User | None = None,
    is_by_hand: bool = False,
) -> SubjectChosen:
    figures = {str(place): {"good": good, "sent": sent} for place, (good, sent) in tallies.items()}
    chosen = SubjectChosen.objects.create(
        broadcast=row, subject=subject, is_clear=is_clear, by=by, is_by_hand=is_by_hand,
        by_what=row.decide_by, figures=figures, at=at,
    )  # fmt: skip
    count = row.recipients.held().count()
    data = {"broadcast": row.pk, "name": row.name, "count": count}
    data["reason"] = row.subjects[subject][:200]
    kind = Kind.BROADCAST_SUBJECT_CHOSEN
    record(kind, by=by, subject=row, data=data, at=at, origin=row.origin)
    return chosen


@transaction.atomic
def choose(
    broadcast: Broadcast, *, subject: int, by: User | None, at: datetime | None = None
) -> SubjectChosen:
    """Let the rest go with the subject of that place, without waiting for the figures. Raises Conflict
    where nothing is to be decided."""
    row = locked(broadcast)
    if not row.is_tested or not 0 <= subject < len(row.subjects):
        raise Conflict(_("This broadcast has no such subject to choose."))
    if not row.is_going:
        raise Conflict(_("This broadcast is not being sent. Let it go on first."))
    if row.frozen_at is None:
        raise Conflict(_("Its audience is being fixed. Try again in a moment."))
    if chosen_of(row) is not None:
        raise Conflict(_("It was decided already which subject the rest gets."))
    moment = at or clock.now()
    return _keep(row, subject, compare(row), is_clear=False, at=moment, by=by, is_by_hand=True)


def is_undecided(row: Broadcast, *, since: datetime) -> bool:
    """Whether it should have been decided before that moment and was not."""
    at = row.decides_at
    return at is not None and at <= since and chosen_of(row) is None


def put_off(row: Broadcast, at: datetime) -> None:
    """After a pause: what was to be decided meanwhile is decided from now on. The caller saves."""
    if row.decides_at is not None and row.decides_at < at:
        row.sample_left_at = at - timedelta(hours=row.decide_after)


def forget(row: Broadcast) -> None:
    """It became a draft again. The caller saves."""
    SubjectChosen.objects.filter(broadcast=row).delete()
    row.sample_left_at = None


# --- The rest -------------------------------------------------------------------------------------------


def may_go(row: Broadcast) -> bool:
    """Whether somebody is held although the choice was made."""
    return row.is_tested and chosen_of(row) is not None and row.recipients.held().exists()


def let_go(row: Broadcast, *, at: datetime, limit: int = BATCH) -> int:
    """Give the next of the rest their subject and their time, in the caller's transaction and under the
    lock on the row; how many."""
    chosen = chosen_of(row)
    if chosen is None or not row.is_going:
        return 0
    held = row.recipients.held().select_related("lead__company").order_by("id")
    usual, by_time = Organisation.current().time_zone, dict[datetime, list[int]]()
    for one in held[:limit]:
        moment = audience.due_again(row, audience.zone_of(one.lead, usual), at)
        by_time.setdefault(moment, []).append(one.pk)
    for moment, ids in by_time.items():  # as many as there are zones
        row.recipients.held().filter(pk__in=ids).update(
            state=Recipient.State.WAITING, subject=chosen.subject, due_at=moment
        )
    return sum(map(len, by_time.values()))


# --- In words -------------------------------------------------------------------------------------------


def words_of(chosen: SubjectChosen) -> str:
    """How the comparison ended, in a sentence."""
    told = {
        "letter": LETTERS[chosen.subject],
        "who": chosen.by.name if chosen.by else _("Somebody"),
    }
    if chosen.is_by_hand:
        return _("%(who)s sent the rest with subject %(letter)s.") % told
    if not chosen.is_clear:
        return _("No subject was clearly better, so the rest got the first one.")
    return _("Subject %(letter)s was clearly better, and the rest got it.") % told
