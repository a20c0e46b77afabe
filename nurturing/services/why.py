"""Why somebody got a mail or did not: each step of her walk in one sentence, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leadflow.mail.models import UNFINISHED, Delivery
from leadflow.models import Lead
from leadflow.rulesets import selectors as rulesets
from nurturing import rules
from nurturing.models import Broadcast, Enrolment, Recipient, Refusal, Sequence, StepDone
from nurturing.services.eligibility import judge
from nurturing.services.foreseeing import Ground
from nurturing.services.steps import step_name
from nurturing.services.taking import DONE, LATE
from nurturing.services.trying import clock_words

_S = Delivery.State


@dataclass(frozen=True)
class Said:
    """One step: what happened in a sentence, when, and the mail if there is one."""

    step_id: str
    name: str
    depth: int
    sentence: str
    tone: str  # "done", "here", "coming", "not"
    at: datetime | None = None
    delivery: Delivery | None = None


@dataclass(frozen=True)
class Walked:
    """One walk: how it stands in a sentence, and each step of its version."""

    enrolment: Enrolment
    sentence: str
    steps: list[Said]


@dataclass(frozen=True)
class Why:
    """The whole answer for a person and a sequence; `now` says whether she could enter as things are."""

    walks: list[Walked]
    sentence: str
    now: str


def of_sequence(sequence: Sequence, lead: Lead, *, at: datetime) -> Why:
    """Everything that happened to her in a sequence, the newest walk first."""
    hers = Enrolment.objects.filter(sequence=sequence, lead=lead)
    rows = list(hers.select_related("sequence", "version").order_by("-run_no")[:5])
    walks = [_walked(row, lead, at) for row in rows]
    sentence = _once_more(sequence, lead, rows[0]) if walks else _never(sequence, lead)
    return Why(walks, sentence, _as_things_are(sequence, lead, at))


def day_words(moment: datetime | None) -> str:
    """A moment as sentences say it."""
    return date_format(localtime(moment), "j M Y, H:i") if moment else ""


def _never(sequence: Sequence, lead: Lead) -> str:
    one = Refusal.objects.filter(sequence=sequence, lead=lead).first()
    if one is None:
        return _("Never entered: nothing of what this sequence waits for has happened.")
    told = {"at": day_words(one.at), "why": one.get_reason_display()}
    return _("Was to enter on %(at)s and did not: %(why)s.") % told


def _once_more(sequence: Sequence, lead: Lead, newest: Enrolment) -> str:
    """Why she did not enter again, where that was asked since her newest walk began."""
    since = Refusal.objects.filter(sequence=sequence, lead=lead, at__gt=newest.enrolled_at)
    one = since.first()
    if one is None:
        return ""
    told = {"at": day_words(one.at), "why": one.get_reason_display()}
    return _("They were to enter once more on %(at)s and did not: %(why)s.") % told


def _as_things_are(sequence: Sequence, lead: Lead, at: datetime) -> str:
    version = rulesets.current(sequence.rule_set)
    if version is None or not sequence.is_running:
        return _("Nobody can enter at the moment: the sequence does not run.")
    reason = judge(sequence, version, [lead.pk], at).refused.get(lead.pk)
    if reason is None:
        return _("As things are, this lead could enter now.")
    return _("As things are, this lead could not enter: %(why)s.") % {"why": reason.label}


# --- One walk ---------------------------------------------------------------------------------------------


def _walked(row: Enrolment, lead: Lead, at: datetime) -> Walked:
    tree = rules.Tree(row.document["steps"])
    done = {one.step: one for one in row.steps_done.select_related("delivery").order_by("id")}
    coming = _coming(row, lead, at) if row.is_under_way and row.step else {}
    said = [_said(row, place, done, coming) for place in tree.places.values()]
    return Walked(row, _sentence(row, tree), said)


def _coming(row: Enrolment, lead: Lead, at: datetime) -> dict[str, tuple[rules.Foreseen, str]]:
    """What is foreseen for the rest of her walk, by step."""
    ground = Ground(row.sequence, row.document, at)
    known = ground.known([lead.pk])[lead.pk]
    ways = dict(row.steps_done.exclude(way="").values_list("step", "way"))
    known = replace(known, ways={**known.ways, **ways})
    start = max(row.due_at or at, at)
    walk = rules.foresee(ground.tree, known, start, start=row.step)
    return {str(one.step["id"]): (one, known.hours.zone) for one in walk}


def _sentence(row: Enrolment, tree: rules.Tree) -> str:
    told = {
        "since": day_words(row.enrolled_at),
        "n": row.version.number,
        "end": day_words(row.ended_at),
        "why": row.get_reason_display(),
        "detail": row.detail,
    }
    if row.state == Enrolment.State.HELD_BACK:
        return _("Held back on %(since)s, so that its effect can be seen, and gets nothing.") % told
    if row.state == Enrolment.State.PAUSED:
        return _("In it since %(since)s, by version %(n)s; paused by hand.") % told
    if row.is_under_way:
        here = tree.find(row.step)
        told["step"] = step_name(here) if here else _("the end")
        told["due"] = day_words(row.due_at)
        words = _("In it since %(since)s, by version %(n)s. Next: %(step)s, %(due)s.") % told
        if row.deferred_by:
            put_off = _("It was put off: %(why)s.") % {"why": row.get_deferred_by_display()}
            return f"{words} {put_off}"
        return words
    words = _("In it from %(since)s to %(end)s, by version %(n)s. It ended: %(why)s.") % told
    return f"{words} {row.detail}" if row.detail else words


def _said(
    row: Enrolment,
    place: rules.Placed,
    done: Mapping[str, StepDone],
    coming: Mapping[str, tuple[rules.Foreseen, str]],
) -> Said:
    step_id = str(place.step["id"])
    base = Said(step_id, step_name(place.step), place.depth, "", "not")
    one = done.get(step_id)
    if one is not None:
        words = _done(place.step, one)
        return replace(base, sentence=words, tone="done", at=one.at, delivery=one.delivery)
    if row.is_under_way and row.step == step_id:
        return replace(base, sentence=_here(row), tone="here", at=row.due_at)
    if step_id in coming:
        foreseen, zone = coming[step_id]
        told = {"at": clock_words(foreseen.at, zone)}
        sentence = _("To come, as things are %(at)s, their time.") % told
        return replace(base, sentence=sentence, tone="coming", at=foreseen.at)
    return replace(base, sentence=_not(row, place, done))


def _not(row: Enrolment, place: rules.Placed, done: Mapping[str, StepDone]) -> str:
    for holder, way in place.path:
        if holder in done and done[holder].way != way:
            return _("Not for this lead, who went another way.")
    if row.state == Enrolment.State.HELD_BACK:
        return _("Not for this lead, who is held back to compare.")
    if row.is_under_way:
        return _("Not to come, as things are.")
    told = {"why": row.get_reason_display(), "at": day_words(row.ended_at)}
    return _("Did not come here: %(why)s, %(at)s.") % told


def _here(row: Enrolment) -> str:
    told = {"at": day_words(row.due_at), "why": row.get_deferred_by_display()}
    if row.state == Enrolment.State.PAUSED:
        return _("Is here; paused by hand.")
    if row.waits_for_id:
        return _("Is here, until the to-do is done, at the latest %(at)s.") % told
    if row.deferred_by:
        return _("Is here. Put off to %(at)s: %(why)s.") % told
    return _("Is here. Due %(at)s.") % told


def _done(step: rules.Step, one: StepDone) -> str:
    at = {"at": day_words(one.at)}
    if one.delivery is not None:
        words = of_delivery(one.delivery)
        if one.deferred_by:
            why = {"why": one.get_deferred_by_display()}
            return f"{words} {_('It had been put off: %(why)s.') % why}"
        return words
    if one.reason:
        told = at | {"why": one.get_reason_display(), "detail": one.detail}
        return (_("Left out %(at)s: %(why)s. %(detail)s") % told).strip()
    return _way(step, one, at) or _("Done %(at)s.") % at


def _way(step: rules.Step, one: StepDone, at: dict[str, str]) -> str:
    match step["type"]:
        case "condition":
            answer = _("yes") if one.way == rules.YES else _("no")
            return _("The answer was %(answer)s, %(at)s.") % (at | {"answer": answer})
        case "split":
            ways = [str(way["id"]) for way in step["ways"]]
            letter = "ABCD"[ways.index(one.way)] if one.way in ways else "?"
            return _("Went way %(letter)s, %(at)s.") % (at | {"letter": letter})
        case "wait" | "wait_until":
            ends = {
                DONE: _("The to-do was done, %(at)s."),
                LATE: _("Nobody did it in time, %(at)s."),
            }
            return ends.get(one.way, _("The wait began %(at)s.")) % at
    return ""


def of_delivery(mail: Delivery) -> str:
    """What became of a mail, in a sentence."""
    told = {"at": day_words(mail.left_at), "why": mail.reason or mail.smtp_text, "due": day_words(mail.due_at)}  # fmt: skip
    if mail.is_paused:
        return _("It is held back until the pause ends: %(why)s. It was due %(due)s.") % told
    if mail.state in UNFINISHED:
        return _("It waits to leave, due %(due)s.") % told
    sentences = {
        _S.SENT: _("Sent %(at)s."),
        _S.DELIVERED: _("Delivered, sent %(at)s."),
        _S.BOUNCED: _("Sent %(at)s, and came back: %(why)s."),
        _S.COMPLAINED: _("Sent %(at)s; its reader marked it as spam."),
        _S.FAILED: _("A server refused it: %(why)s."),
        _S.SKIPPED: _("Not sent: %(why)s."),
        _S.UNCERTAIN: _("Perhaps sent %(at)s: the answer was lost, so it is not sent again."),
    }
    return sentences[_S(mail.state)] % told


# --- A broadcast ------------------------------------------------------------------------------------------


def recipient(broadcast: Broadcast, lead: Lead) -> Recipient | None:
    """Her row of a broadcast, if she has one."""
    rows = Recipient.objects.filter(broadcast=broadcast, lead=lead)
    return rows.select_related("delivery", "broadcast").first()


def of_recipient(row: Recipient | None) -> str:
    """Why she got a broadcast, or did not, in a sentence."""
    if row is None:
        return _("Was in none of its segments when its audience was fixed, or it is not fixed yet.")
    words = _of_recipient(row)
    if row.subject is None or not row.broadcast.is_tested:
        return words
    told = {"subject": row.broadcast.subjects[row.subject], "words": words}
    if row.is_sample:
        return _("%(words)s Part of the sample, with the subject “%(subject)s”.") % told
    return _("%(words)s The subject was “%(subject)s”.") % told


def _of_recipient(row: Recipient) -> str:
    if row.delivery is not None:
        return of_delivery(row.delivery)
    told = {"why": row.get_reason_display(), "at": day_words(row.at), "due": day_words(row.due_at)}
    match row.state:
        case Recipient.State.LEFT_OUT:
            words = _("Left out %(at)s: %(why)s.") % told
            return f"{words} {row.detail}" if row.detail else words
        case Recipient.State.STOPPED:
            return _("Not sent: %(why)s, %(at)s.") % told
        case Recipient.State.HELD:
            return _(
                "Several subjects are tried on others first; this lead gets the one that does better."
            )
    return _("It waits for its time, %(due)s.") % told
