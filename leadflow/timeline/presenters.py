"""How each kind of event reads: icon, sentence, why, and what else there is to see.

One function per kind, all in one dict; a test fails when a kind has none. Data may be empty (its
person was erased), so every presenter reads with `get`.
"""

from collections.abc import Sequence

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.models import Company, Lead, LeadStage
from leadflow.timeline import telling
from leadflow.timeline.acting import acted, delegated, met
from leadflow.timeline.dealing import (
    cast,
    dealt,
    filed,
    negotiated,
    objected,
    rivalled,
    shared_out,
)
from leadflow.timeline.doings import ENGAGEMENTS, did
from leadflow.timeline.importing import import_undone, imported
from leadflow.timeline.letters import away, mailed, replied, sorted_out, texted, wrote
from leadflow.timeline.names import Names, edited
from leadflow.timeline.noting import noted, pinned, researched
from leadflow.timeline.shown import (
    Presenter,
    Shown,
    Words,
    by_lead,
    by_us,
    filled,
    person,
    quoted,
    reasons,
)


def captured(event: Event, names: Names) -> Shown:
    via, _colon, number = str(event.data.get("via") or "").partition(":")
    wrote = names.letters.get(int(number), "") if via == "mail" and number.isdigit() else ""
    words = {
        "form": _("filled in a form"),
        "import": _("came in with an import"),
        "hand": _("was added by hand"),
        "api": _("came in through the API"),
        "mail": _("wrote a mail"),
    }.get(via, _("gave contact data"))
    proposed = event.data.get("proposed") or []
    more = [_("Differs from what was known: %s") % ", ".join(proposed)] if proposed else []
    if replaced := event.data.get("replaced"):
        more.append(_("Newer, and taken: %s") % ", ".join(replaced))
    new = [] if event.data.get("created", True) else [_("Known already.")]
    return Shown(
        "user-plus", person(event, names), words, new + more, quote=wrote[:1_000], tone="accent"
    )


def changed(event: Event, names: Names) -> Shown:
    """An edit of a lead or a company, each value as it was and as it is."""
    of, pk = edited(event) or ("lead", 0)
    rows = names.changes.get((of, pk, event.occurred_at), [])
    told = ((_label(of, row.field, names), _new_value(of, row, names)) for row in rows)
    facts = [(label, new) for label, new in told if new][:4]
    labels = [_label(of, name, names) for name in event.data.get("fields") or []]
    text = _("changed %s") % _listed(labels)
    return Shown("pencil", names.actor(event), text, reasons(event.data.get("reason")), facts=facts)


_FIELDS = {
    of: {field.name: field for field in model._meta.concrete_fields}
    for of, model in (("lead", Lead), ("company", Company))
}


def _new_value(of: str, row: FieldChange, names: Names) -> str:
    """– → 1,000 and more; nothing for a link to another record."""
    field = _FIELDS[of].get(row.field)
    if field is not None and field.is_relation:
        return ""
    labels = dict(getattr(field, "flatchoices", ()) or ())
    if of == "lead":
        labels |= names.wordings.get((row.object_id, row.field), {})
    before, after = (telling.said(labels, value) or "–" for value in (row.old, row.new))
    return f"{before} → {after}"


def _label(of: str, name: str, names: Names) -> str:
    if name in _FIELDS[of]:
        return str(_FIELDS[of][name].verbose_name)
    own = name.removeprefix("custom.")
    return names.own.get((of, own)) or own.replace("_", " ")


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
        "chevrons-right", person(event, names), text, by + reasons(event.data.get("reason"))
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
    why = reasons(event.data.get("reason"))
    return Shown("arrows-exchange", names.actor(event), text, why)


def rated(icon: str, text: Words) -> Presenter:
    """A score that crossed something."""

    def present(event: Event, _names: Names) -> Shown:
        why = reasons(event.data.get("reason"))
        version = event.data.get("version")
        if version:
            why.append(_("Model version %s") % version)
        return Shown(icon, _("Score"), filled(text, event), why)

    return present


def submitted(event: Event, names: Names) -> Shown:
    """A form that was sent, with what was asked and answered."""
    told = names.told.get((event.kind, event.data.get("submission") or 0), telling.Told())
    text = filled(lazy("sent the form “{name}”"), event)
    why = reasons(event.data.get("reason"))
    return Shown(
        "forms", person(event, names), text, why, answers=told.lines, more=told.url, tone="accent"
    )


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
        why += reasons(event.data.get("reason"), event.data.get("note"))
        return Shown(icon, names.actor(event), str(text), why)

    return present


def engaged(event: Event, names: Names) -> Shown:
    kind = event.data.get("kind") or ""
    icon = ENGAGEMENTS.get(kind, ("activity", ""))[0]
    text = did(kind, event.data.get("label"))
    count = event.data.get("count") or 1
    why = [_("%s times") % count] if count > 1 else []
    if provider := event.data.get("provider"):
        why += reasons(_("says %s") % provider, _sureness(event.data.get("confidence")))
    return Shown(icon, person(event, names), text, why, tone="accent")


def _sureness(confidence: float | None) -> str:
    return "" if confidence is None else _("%s %% sure") % round(confidence * 100)


def consented(icon: str, text: Words) -> Presenter:
    """Consent given or taken back."""

    def present(event: Event, names: Names) -> Shown:
        about = " · ".join(reasons(event.data.get("channel"), event.data.get("purpose")))
        who = names.actor(event) if event.actor_id else person(event, names)
        why = reasons(about, event.data.get("reason"))
        return Shown(icon, who, str(text), why, tone="" if event.actor_id else "accent")

    return present


def setting(event: Event, names: Names) -> Shown:
    before, after = event.data.get("from"), event.data.get("to")
    text = _("changed the setting %s") % quoted(event.data.get("name"))
    why = [f"{before if before is not None else '–'} → {after if after is not None else '–'}"]
    return Shown(
        "settings", names.actor(event), text, why if (before, after) != (None, None) else []
    )


def about_user(icon: str, text: Words) -> Presenter:
    """Something about a colleague's account."""

    def present(event: Event, names: Names) -> Shown:
        target = names.user(event.data["user"]) if event.data.get("user") else _("a person")
        fields = _listed(event.data.get("fields") or [])
        change = " → ".join(reasons(event.data.get("from"), event.data.get("to")))
        return Shown(
            icon, names.actor(event), str(text) % {"user": target}, reasons(fields, change)
        )

    return present


PRESENTERS: dict[Kind, Presenter] = {
    Kind.LEAD_CAPTURED: captured,
    Kind.LEAD_CHANGED: changed,
    Kind.LEAD_ADVANCED: advanced,
    Kind.LEAD_MERGED: merged,
    Kind.LEAD_UNMERGED: unmerged,
    Kind.LEAD_DISQUALIFIED: by_us("user-x", lazy("put the lead aside")),
    Kind.LEAD_RECYCLED: by_us("repeat", lazy("sent the lead back to marketing"), until="return_on"),
    Kind.LEAD_CONVERTED: by_us("arrow-narrow-right", lazy("made a deal of the lead")),
    Kind.LEAD_UNCONVERTED: by_us("arrow-back-up", lazy("took the conversion back")),
    Kind.LEAD_TRASHED: by_us("trash", lazy("put the lead in the trash")),
    Kind.LEAD_RESTORED: by_us("arrow-back-up", lazy("took the lead out of the trash")),
    Kind.LEAD_REMOVED: by_us("arrow-back-up", lazy("went with an import that was taken back")),
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
    Kind.ACTIVITY_PLANNED: acted(lazy("planned %(one)s %(title)s")),
    Kind.ACTIVITY_LOGGED: acted(lazy("logged %(one)s %(title)s")),
    Kind.ACTIVITY_COMPLETED: acted(lazy("did %(one)s %(title)s")),
    Kind.ACTIVITY_DELEGATED: delegated,
    Kind.NOTE_ADDED: noted,
    Kind.RESEARCH_CHECKED: researched,
    Kind.ENTRY_PINNED: pinned,
    Kind.MEETING_BOOKED: met(lazy("booked a %(what)s %(title)s")),
    Kind.MEETING_MOVED: met(lazy("moved the %(what)s %(title)s")),
    Kind.MEETING_CANCELLED: met(lazy("cancelled the %(what)s %(title)s")),
    Kind.MEETING_MISSED: met(lazy("did not come to the %(what)s %(title)s")),
    Kind.DELIVERY_SENT: mailed,
    Kind.DELIVERY_FAILED: by_us("mail-x", lazy("could not deliver “{title}”"), tone="bad"),
    Kind.TEXT_SENT: texted,
    Kind.TEXT_FAILED: by_us("message-2", lazy("could not deliver a text message"), tone="bad"),
    Kind.MAIL_RECEIVED: wrote,
    Kind.REPLY_RECEIVED: replied,
    Kind.REPLY_SORTED: sorted_out,
    Kind.LEAD_AWAY: away,
    Kind.OWN_MAILBOX_FAILED: by_us("mail-x", lazy("{address} lets LeadFlow in no more")),
    Kind.ENGAGEMENT_RECORDED: engaged,
    Kind.ENGAGEMENT_CORRECTED: by_us(
        "robot", lazy("found that a machine followed the links of “{title}”")
    ),
    Kind.CONSENT_ASKED: consented("mail-check", lazy("is asked to confirm by mail")),
    Kind.CONSENT_GIVEN: consented("shield-check", lazy("agreed to be contacted")),
    Kind.CONSENT_WITHDRAWN: consented("hand-stop", lazy("withdrew consent")),
    Kind.ADDRESS_SUPPRESSED: consented("ban", lazy("is not to be written to any more")),
    Kind.ADDRESS_RELEASED: by_us("mail-check", lazy("let mail go to this address again")),
    Kind.SUBMISSION_RECEIVED: submitted,
    Kind.SUBMISSION_TRASHED: by_us("trash", lazy("put an answer of “{name}” in the trash")),
    Kind.SUBMISSION_TAKEN_BACK: by_us("refresh", lazy("took an answer of “{name}” back")),
    Kind.SUBMISSION_CONFIRMED: by_lead("mail-check", lazy("confirmed what “{name}” asked for")),
    Kind.OFFER_GIVEN: by_lead("gift", lazy("was given the offer “{name}”")),
    Kind.HOOK_RECEIVED: by_us("world-www", lazy("took a call of the hook “{name}”")),
    Kind.ENROLMENT_STARTED: by_us("route", lazy("started the sequence “{name}”")),
    Kind.ENROLMENT_FINISHED: by_us("flag", lazy("finished the sequence “{name}”")),
    Kind.ENROLMENT_STOPPED: by_us("player-stop", lazy("stopped the sequence “{name}”")),
    Kind.ENROLMENT_PAUSED: by_us("player-pause", lazy("paused the sequence “{name}”")),
    Kind.ENROLMENT_RESUMED: by_us("player-play", lazy("let the sequence “{name}” go on")),
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
    Kind.FILE_ATTACHED: filed(lazy("attached files to the deal “{title}”")),
    Kind.FILE_REMOVED: filed(lazy("took a file out of the deal “{title}”")),
    Kind.COMPETITOR_NOTED: rivalled,
    Kind.DEAL_SPLIT: shared_out,
    Kind.ROLE_CHANGED: cast,
    Kind.QUOTE_SENT: dealt("send", lazy("sent the quote {title}")),
    Kind.QUOTE_ACCEPTED: by_lead("circle-check", lazy("accepted the quote {title}"), tone="ok"),
    Kind.QUOTE_DECLINED: by_lead("circle-x", lazy("declined the quote {title}"), tone="bad"),
    Kind.OBJECTION_RAISED: by_us("messages", lazy("heard the objection “{title}”"), why=""),
    Kind.OBJECTION_ANSWERED: objected,
    Kind.CONCESSION_NOTED: negotiated,
    Kind.OFFER_USED: negotiated,
    Kind.CONTENT_SHARED: by_us("share", lazy("shared “{title}”")),
    Kind.CONTENT_OPENED: by_lead("eye-check", lazy("opened “{title}”")),
    Kind.APPROVAL_DECIDED: by_us("scale", lazy("decided “{title}”: {state}")),
    Kind.CUSTOMER_WON: by_lead("heart-handshake", lazy("became a customer"), tone="ok"),
    Kind.CUSTOMER_REVERTED: by_lead("arrow-back-up", lazy("is no customer any more"), tone=""),
    Kind.CUSTOMER_ORDERED: by_us("coin", lazy("wrote an order down: {title}")),
    Kind.CUSTOMER_SUBSCRIBED: by_us("repeat", lazy("wrote a subscription down: {title}")),
    Kind.CUSTOMER_RENEWED: by_us("repeat", lazy("renewed a subscription: {title}")),
    Kind.CUSTOMER_UNSUBSCRIBED: by_us("circle-x", lazy("ended a subscription: {title}")),
    Kind.ORDER_CANCELLED: by_us("circle-x", lazy("cancelled an order: {title}")),
    Kind.ORDER_REINSTATED: by_us("arrow-back-up", lazy("took the cancelling back: {title}")),
    Kind.PURCHASE_CHANGED: by_us("pencil", lazy("put a purchase right: {title}")),
    Kind.CUSTOMER_LEFT: by_us("user-x", lazy("marked the customer as gone: {reason}")),
    Kind.CUSTOMER_RETURNED: by_us("arrow-back-up", lazy("has the customer back")),
    Kind.COMPANY_CHANGED: changed,
    Kind.COMPANY_TRASHED: by_us("trash", lazy("put the company in the trash")),
    Kind.COMPANY_RESTORED: by_us("arrow-back-up", lazy("took the company out of the trash")),
    Kind.COMPANY_MERGED: by_us("git-merge", lazy("merged another record into this company")),
    Kind.COMPANY_UNMERGED: by_us("git-fork", lazy("took a merge of companies back")),
    Kind.RULES_PUBLISHED: by_us(
        "versions", lazy("published version {number} of “{name}”"), why="note"
    ),
    Kind.FORM_PUBLISHED: by_us("forms", lazy("published version {number} of the form “{name}”")),
    Kind.SUBMISSION_RESTORED: by_us(
        "arrow-back-up", lazy("took {count} answers of “{name}” out of the quarantine")
    ),
    Kind.SUBMISSION_DELETED: by_us("trash", lazy("deleted {count} suspect answers of “{name}”")),
    Kind.FORM_LEFT: by_us("mail-forward", lazy("reminded somebody of “{name}”, as they asked")),
    Kind.FORM_ARCHIVED: by_us("archive", lazy("closed the form “{name}”")),
    Kind.DESIGN_PUBLISHED: by_us(
        "mail-opened", lazy("published version {number} of the mail design “{name}”")
    ),
    Kind.PAGE_PUBLISHED: by_us("browser", lazy("published version {number} of the page “{name}”")),
    Kind.PAGE_ARCHIVED: by_us("archive", lazy("closed the page “{name}”")),
    Kind.EXPERIMENT_STARTED: by_us("arrows-split", lazy("started an A/B test of “{name}”")),
    Kind.EXPERIMENT_STOPPED: by_us(
        "git-merge", lazy("stopped the A/B test of “{name}”: variant {winner} is shown")
    ),
    Kind.OCCASION_PLANNED: by_us("calendar-plus", lazy("planned the event “{name}”")),
    Kind.OCCASION_CHANGED: by_us("calendar-event", lazy("changed the event “{name}”")),
    Kind.OCCASION_CANCELLED: by_us("calendar-off", lazy("cancelled the event “{name}”")),
    Kind.SEQUENCE_PUBLISHED: by_us(
        "route", lazy("published version {number} of “{name}”"), why="note"
    ),
    Kind.HITS_RECLASSIFIED: by_us("refresh", lazy("judged {hits} clicks anew: {count} turned")),
    Kind.SEQUENCE_PAUSED: by_us("player-pause", lazy("paused “{name}”: {count} mails wait")),
    Kind.SEQUENCE_RESUMED: by_us("player-play", lazy("let “{name}” go on: {count} mails leave")),
    Kind.SEQUENCE_ARCHIVED: by_us("archive", lazy("put “{name}” away: {count} people left it")),
    Kind.SEQUENCE_MIGRATED: by_us(
        "route", lazy("moved {count} people to version {number} of “{name}”")
    ),
    Kind.BROADCAST_CONFIRMED: by_us(
        "speakerphone", lazy("confirmed the broadcast “{name}” for {count} people")
    ),
    Kind.BROADCAST_TAKEN_BACK: by_us("pencil", lazy("made the broadcast “{name}” a draft again")),
    Kind.BROADCAST_PAUSED: by_us("player-pause", lazy("paused the broadcast “{name}”")),
    Kind.BROADCAST_SUBJECT_CHOSEN: by_us(
        "trophy", lazy("chose the subject “{reason}” for the rest of the broadcast “{name}”")
    ),
    Kind.BROADCAST_RESUMED: by_us("player-play", lazy("let the broadcast “{name}” go on")),
    Kind.BROADCAST_CANCELLED: by_us(
        "circle-x", lazy("called the broadcast “{name}” off: {count} people do not get it")
    ),
    Kind.BROADCAST_SENT: by_us(
        "speakerphone", lazy("sent the broadcast “{name}” to {count} people")
    ),
    Kind.RUN_FINISHED: by_us("progress", lazy("ended the work {kind}: {state}")),
    Kind.IMPORT_FINISHED: imported,
    Kind.IMPORT_UNDONE: import_undone,
    Kind.DATA_EXPORTED: by_us("table-export", lazy("exported {rows} rows: {what}")),
    Kind.SENDER_JUDGED: by_us("gauge", lazy("marketing from {sender} was {what}: {reason}")),
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
