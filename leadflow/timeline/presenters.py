"""How each kind of event reads: icon, sentence, why, and what else there is to see.

One function per kind, all in one dict; a test fails when a kind has none. Data may be empty (its
person was erased), so every presenter reads with `get`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.models import Activity, Lead, LeadStage
from leadflow.timeline.names import Names


@dataclass(frozen=True, slots=True)
class Shown:
    """An event in words. `who` is set bold before `text`; `tone` is accent for what the lead did."""

    icon: str
    who: str
    text: str
    why: Sequence[str] = ()
    quote: str = ""
    facts: Sequence[tuple[str, str]] = ()
    tone: str = ""


Words = str | Promise
Presenter = Callable[[Event, Names], Shown]


def _person(event: Event, names: Names) -> str:
    return names.lead(event.lead_id) or _("Somebody")


def _quoted(text: Any) -> str:
    return f"“{text}”" if text else ""


_RECORD = re.compile(r"[a-z_]+:\d+")
# What services write down as the cause of a change; empty where the sentence says it already.
_CAUSES: dict[str, Words] = {
    "accepted": lazy("The hand-over was accepted"),
    "added": "",
    "captured": "",
    "expired": lazy("Nobody answered in time"),
    "hand": lazy("By hand"),
    "import": lazy("By an import"),
    "not_now": lazy("Fits, but not now"),
    "talked": lazy("After a talk"),
}


def _reasons(*reasons: Any) -> list[str]:
    """Causes in words; the name of a record ("deal:7") tells a reader nothing and is left out."""
    words = [str(_CAUSES.get(str(reason), reason)) for reason in reasons if reason]
    return [word for word in words if word and not _RECORD.fullmatch(word)]


def by_lead(icon: str, text: Words, *, why: str = "reason", tone: str = "accent") -> Presenter:
    """Something that the person herself did; `{x}` in the text is a key of the data."""

    def present(event: Event, names: Names) -> Shown:
        words = _filled(text, event)
        return Shown(icon, _person(event, names), words, _reasons(event.data.get(why)), tone=tone)

    return present


def by_us(icon: str, text: Words, *, why: str = "reason", tone: str = "") -> Presenter:
    """Something that a colleague or the system did."""

    def present(event: Event, names: Names) -> Shown:
        words = _filled(text, event)
        return Shown(icon, names.actor(event), words, _reasons(event.data.get(why)), tone=tone)

    return present


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _filled(text: Words, event: Event) -> str:
    data = {key: value if value is not None else "" for key, value in event.data.items()}
    filled = str(text).format_map(_Blank(data))
    return " ".join(filled.replace("“”", "").split())


def captured(event: Event, names: Names) -> Shown:
    via = event.data.get("via") or ""
    words = {
        "form": _("filled in a form"),
        "import": _("came in with an import"),
        "hand": _("was added by hand"),
        "api": _("came in through the API"),
    }.get(via, _("gave contact data"))
    proposed = event.data.get("proposed") or []
    more = [_("Differs from what was known: %s") % ", ".join(proposed)] if proposed else []
    new = [] if event.data.get("created", True) else [_("Known already.")]
    return Shown("user-plus", _person(event, names), words, new + more, tone="accent")


def changed(event: Event, names: Names) -> Shown:
    fields = event.data.get("fields") or []
    rows = names.changes.get((event.lead_id or 0, event.occurred_at), [])
    facts = [(label, new) for label, new in map(_new_value, rows) if new][:4]
    text = _("changed %s") % _listed([_label(name) for name in fields])
    return Shown(
        "pencil", names.actor(event), text, _reasons(event.data.get("reason")), facts=facts
    )


def _new_value(row: Any) -> tuple[str, str]:
    field = {f.name: f for f in Lead._meta.concrete_fields}.get(row.field)
    if field is not None and field.is_relation:
        return _label(row.field), ""
    labels = dict(getattr(field, "flatchoices", ()) or ())
    before, after = (labels.get(v, v) if v not in (None, "") else "–" for v in (row.old, row.new))
    return _label(row.field), f"{before} → {after}"


def _label(name: str) -> str:
    fields = {f.name: f for f in Lead._meta.concrete_fields}
    if name in fields:
        return str(fields[name].verbose_name)
    return name.removeprefix("custom.").replace("_", " ")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:4]) + (f" + {len(words) - 4}" if len(words) > 4 else "")


def advanced(event: Event, names: Names) -> Shown:
    stages = dict(LeadStage.choices)
    to, before = event.data.get("to", ""), event.data.get("from")
    text = _("went from %(from)s to %(to)s") % {
        "from": stages.get(before or "", "–"),
        "to": stages.get(to, to),
    }
    by = [_("By %s") % names.actor(event)] if event.actor_id else []
    return Shown(
        "chevrons-right", _person(event, names), text, by + _reasons(event.data.get("reason"))
    )


def merged(event: Event, names: Names) -> Shown:
    other = names.lead(event.data.get("merged")) or _("another record")
    return Shown("git-merge", names.actor(event), _("merged %s into this person") % other)


def unmerged(event: Event, names: Names) -> Shown:
    other = names.lead(event.data.get("merged")) or _("another record")
    return Shown("git-fork", names.actor(event), _("took the merge with %s back") % other)


def assigned(event: Event, names: Names) -> Shown:
    to, before = event.data.get("to"), event.data.get("from")
    if to is None:
        text = _("took the lead from %s") % names.user(before) if before else _("freed the lead")
    elif before is None:
        text = _("gave the lead to %s") % names.user(to)
    else:
        text = _("passed the lead from %(from)s to %(to)s") % {
            "from": names.user(before),
            "to": names.user(to),
        }
    why = _reasons(event.data.get("reason"))
    return Shown("arrows-exchange", names.actor(event), text, why)


def rated(icon: str, text: Words) -> Presenter:
    """A score that crossed something."""

    def present(event: Event, _names: Names) -> Shown:
        why = _reasons(event.data.get("reason"))
        version = event.data.get("version")
        if version:
            why.append(_("Model version %s") % version)
        return Shown(icon, _("Score"), _filled(text, event), why)

    return present


def learned(event: Event, names: Names) -> Shown:
    words = {"B": _("budget"), "A": _("authority"), "N": _("need"), "T": _("timing")}
    letters = [words.get(str(x)[:1].upper(), str(x)) for x in event.data.get("letters") or []]
    after = event.data.get("to")
    why = [_("BANT %s") % number_format(after, 0)] if after is not None else []
    return Shown(
        "list-check", names.actor(event), _("noted %s") % (_listed(letters) or "BANT"), why
    )


def handed(text: Words, icon: str = "arrows-exchange") -> Presenter:
    """A step of a hand-over."""

    def present(event: Event, names: Names) -> Shown:
        to = event.data.get("to")
        why = [_("To %s") % names.user(to)] if to else []
        why += _reasons(event.data.get("reason"), event.data.get("note"))
        return Shown(icon, names.actor(event), str(text), why)

    return present


_ACTIVITY_ICONS = {
    "call": "phone",
    "email": "mail",
    "meeting": "calendar-event",
    "demo": "device-desktop",
    "discovery": "phone-call",
    "social": "share",
    "todo": "checkbox",
}


def acted(verb: Words) -> Presenter:
    """A call, mail, meeting or to-do: planned, done or booked."""

    def present(event: Event, names: Names) -> Shown:
        activity: Activity | None = names.activities.get(event.data.get("activity") or 0)
        kind = event.data.get("kind") or "todo"
        title = (activity.subject if activity else "") or event.data.get("title") or ""
        text = str(verb) % {"what": _activity_label(kind), "title": _quoted(title)}
        outcome = (activity.outcome if activity else "") or event.data.get("outcome")
        due = _moment(event.data.get("due_at"))
        why = _reasons(
            outcome, _("Due %s") % due if due and event.kind == Kind.ACTIVITY_PLANNED else ""
        )
        return Shown(
            _ACTIVITY_ICONS.get(kind, "checkbox"),
            names.actor(event),
            " ".join(text.split()),
            why,
            quote=activity.body[:500] if activity else "",
        )

    return present


def _activity_label(kind: str) -> str:
    return str(dict(Activity.Kind.choices).get(kind, kind)).lower()


def _moment(text: Any) -> str:
    moment: datetime | None = parse_datetime(text) if isinstance(text, str) else None
    return date_format(localtime(moment), "j M H:i") if moment else ""


def noted(event: Event, names: Names) -> Shown:
    text = names.notes.get(event.data.get("note") or 0, "")
    words = _("wrote a note") if text else _("wrote a private note")
    return Shown("note", names.actor(event), words, quote=text[:1_000])


def replied(event: Event, names: Names) -> Shown:
    title = _quoted(event.data.get("title"))
    text = _("replied to %s") % title if title else _("replied")
    return Shown("mail-down", _person(event, names), text, tone="accent")


_ENGAGEMENTS = {
    "mail.opened": ("mail-opened", lazy("opened a mail")),
    "mail.clicked": ("click", lazy("clicked a link")),
    "page.viewed": ("eye", lazy("read a page")),
    "asset.downloaded": ("download", lazy("downloaded a file")),
    "form.submitted": ("forms", lazy("filled in a form")),
    "meeting.booked": ("calendar-event", lazy("booked a meeting")),
}


def engaged(event: Event, names: Names) -> Shown:
    kind = event.data.get("kind") or ""
    icon, words = _ENGAGEMENTS.get(kind, ("activity", kind.replace(".", " ").replace("_", " ")))
    text = f"{words or _('did something')} {_quoted(event.data.get('label'))}"
    count = event.data.get("count") or 1
    times = [_("%s times") % count] if count > 1 else []
    return Shown(icon, _person(event, names), text.strip(), times, tone="accent")


def consented(icon: str, text: Words) -> Presenter:
    """Consent given or taken back."""

    def present(event: Event, names: Names) -> Shown:
        about = " · ".join(_reasons(event.data.get("channel"), event.data.get("purpose")))
        who = names.actor(event) if event.actor_id else _person(event, names)
        why = _reasons(about, event.data.get("reason"))
        return Shown(icon, who, str(text), why, tone="" if event.actor_id else "accent")

    return present


def dealt(icon: str, text: Words, tone: str = "") -> Presenter:
    """Something about a deal."""

    def present(event: Event, names: Names) -> Shown:
        why = _reasons(_amount(event.data), event.data.get("reason"))
        return Shown(icon, names.actor(event), _filled(text, event), why, tone=tone)

    return present


def _amount(data: dict[str, Any]) -> str:
    if not data.get("amount"):
        return ""
    return f"{number_format(Decimal(data['amount']), 0, force_grouping=True)} {data.get('currency', '')}"


def setting(event: Event, names: Names) -> Shown:
    before, after = event.data.get("from"), event.data.get("to")
    text = _("changed the setting %s") % _quoted(event.data.get("name"))
    why = [f"{before if before is not None else '–'} → {after if after is not None else '–'}"]
    return Shown(
        "settings", names.actor(event), text, why if (before, after) != (None, None) else []
    )


def about_user(icon: str, text: Words) -> Presenter:
    """Something about a colleague's account."""

    def present(event: Event, names: Names) -> Shown:
        target = names.user(event.data["user"]) if event.data.get("user") else _("a person")
        fields = _listed(event.data.get("fields") or [])
        change = " → ".join(_reasons(event.data.get("from"), event.data.get("to")))
        return Shown(
            icon, names.actor(event), str(text) % {"user": target}, _reasons(fields, change)
        )

    return present


def imported(event: Event, names: Names) -> Shown:
    words = {
        "created": _("created"), "updated": _("updated"), "unchanged": _("unchanged"),
        "skipped": _("skipped"), "failed": _("failed"),
    }  # fmt: skip
    facts = [(label, str(event.data.get(key, 0))) for key, label in words.items()]
    text = _("imported %s") % (_quoted(event.data.get("name")) or _("a file"))
    return Shown("file-upload", names.actor(event), text, facts=facts)


PRESENTERS: dict[Kind, Presenter] = {
    Kind.LEAD_CAPTURED: captured,
    Kind.LEAD_CHANGED: changed,
    Kind.LEAD_ADVANCED: advanced,
    Kind.LEAD_MERGED: merged,
    Kind.LEAD_UNMERGED: unmerged,
    Kind.LEAD_DISQUALIFIED: by_us("user-x", lazy("put the lead aside")),
    Kind.LEAD_RECYCLED: by_us("repeat", lazy("sent the lead back to marketing {return_on}")),
    Kind.LEAD_CONVERTED: by_us("arrow-narrow-right", lazy("made a deal of the lead")),
    Kind.LEAD_TRASHED: by_us("trash", lazy("put the lead in the trash")),
    Kind.LEAD_RESTORED: by_us("arrow-back-up", lazy("took the lead out of the trash")),
    Kind.LEAD_ERASED: by_us("user-off", lazy("erased a person's data")),
    Kind.LEAD_TAGGED: changed,
    Kind.LEAD_QUALIFIED: rated("gauge", lazy("rose from {from} to {to}")),
    Kind.LEAD_COOLED: rated("gauge", lazy("fell from {from} to {to}")),
    Kind.SCORE_CHANGED: rated("gauge", lazy("changed from {from} to {to}")),
    Kind.BANT_CHANGED: learned,
    Kind.HANDOVER_OFFERED: handed(lazy("offered the lead to sales")),
    Kind.HANDOVER_ACCEPTED: handed(lazy("accepted the hand-over")),
    Kind.HANDOVER_REJECTED: handed(lazy("returned the lead"), "arrow-back-up"),
    Kind.HANDOVER_EXPIRED: handed(lazy("saw the offer run out: nobody answered"), "hourglass"),
    Kind.LEAD_ASSIGNED: assigned,
    Kind.LEAD_RESPONSE_OVERDUE: by_us(
        "alarm", lazy("waits longer than promised for the first touch")
    ),
    Kind.ACTIVITY_PLANNED: acted(lazy("planned a %(what)s %(title)s")),
    Kind.ACTIVITY_LOGGED: acted(lazy("logged a %(what)s %(title)s")),
    Kind.ACTIVITY_COMPLETED: acted(lazy("did a %(what)s %(title)s")),
    Kind.NOTE_ADDED: noted,
    Kind.MEETING_BOOKED: acted(lazy("booked a %(what)s %(title)s")),
    Kind.DELIVERY_SENT: by_us("mail", lazy("sent “{title}”")),
    Kind.DELIVERY_FAILED: by_us("mail-x", lazy("could not deliver “{title}”"), tone="bad"),
    Kind.REPLY_RECEIVED: replied,
    Kind.ENGAGEMENT_RECORDED: engaged,
    Kind.CONSENT_GIVEN: consented("shield-check", lazy("agreed to be contacted")),
    Kind.CONSENT_WITHDRAWN: consented("hand-stop", lazy("withdrew consent")),
    Kind.ADDRESS_SUPPRESSED: consented("ban", lazy("is not to be written to any more")),
    Kind.ADDRESS_RELEASED: by_us("mail-check", lazy("let mail go to this address again")),
    Kind.SUBMISSION_RECEIVED: by_lead("forms", lazy("sent the form “{name}”")),
    Kind.ENROLMENT_STARTED: by_us("route", lazy("started the sequence “{name}”")),
    Kind.ENROLMENT_FINISHED: by_us("flag", lazy("finished the sequence “{name}”")),
    Kind.ENROLMENT_STOPPED: by_us("player-stop", lazy("stopped the sequence “{name}”")),
    Kind.SEGMENT_ENTERED: by_lead("users-group", lazy("came into the segment “{name}”"), tone=""),
    Kind.SEGMENT_LEFT: by_lead("users-group", lazy("left the segment “{name}”"), tone=""),
    Kind.DEAL_OPENED: dealt("briefcase", lazy("opened the deal “{title}”")),
    Kind.DEAL_MOVED: dealt("layout-kanban", lazy("moved the deal “{title}” from {from} to {to}")),
    Kind.DEAL_CHANGED: dealt("pencil", lazy("changed the deal “{title}”")),
    Kind.DEAL_WON: dealt("trophy", lazy("won the deal “{title}”"), "ok"),
    Kind.DEAL_LOST: dealt("circle-x", lazy("lost the deal “{title}”"), "bad"),
    Kind.DEAL_REOPENED: dealt("rotate-clockwise", lazy("opened the deal “{title}” again")),
    Kind.DEAL_TRASHED: dealt("trash", lazy("put the deal “{title}” in the trash")),
    Kind.DEAL_RESTORED: dealt("arrow-back-up", lazy("took the deal “{title}” out of the trash")),
    Kind.CUSTOMER_WON: by_lead("heart-handshake", lazy("became a customer"), tone="ok"),
    Kind.CUSTOMER_REVERTED: by_lead("arrow-back-up", lazy("is no customer any more"), tone=""),
    Kind.COMPANY_CHANGED: changed,
    Kind.COMPANY_MERGED: by_us("git-merge", lazy("merged another record into this company")),
    Kind.RULES_PUBLISHED: by_us(
        "versions", lazy("published version {number} of “{name}”"), why="note"
    ),
    Kind.FORM_PUBLISHED: by_us("forms", lazy("published version {number} of the form “{name}”")),
    Kind.FORM_ARCHIVED: by_us("archive", lazy("closed the form “{name}”")),
    Kind.SEQUENCE_PUBLISHED: by_us(
        "route", lazy("published version {number} of “{name}”"), why="note"
    ),
    Kind.RUN_FINISHED: by_us("progress", lazy("ended the work {kind}: {state}")),
    Kind.IMPORT_FINISHED: imported,
    Kind.DATA_EXPORTED: by_us("table-export", lazy("exported {rows} rows: {what}")),
    Kind.SETTING_CHANGED: setting,
    Kind.USER_INVITED: about_user("user-plus", lazy("invited %(user)s")),
    Kind.USER_CHANGED: about_user("user-check", lazy("changed the account of %(user)s")),
    Kind.USER_SIGNED_IN: about_user("login-2", lazy("signed in")),
    Kind.USER_SIGNED_OUT: about_user("logout", lazy("signed out")),
    Kind.USER_SIGN_IN_FAILED: about_user("lock", lazy("refused a sign-in as %(user)s")),
}


def present(event: Event, names: Names) -> Shown:
    """The event in words; a kind of a later release, met after going back, shows its name."""
    try:
        presenter = PRESENTERS[Kind.of(event.kind)]
    except ValueError:
        return Shown("point", names.actor(event), event.kind)
    return presenter(event, names)
