"""What a rule can wait for: kinds of fact with what narrows them, and moments that come by themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from leadflow.events.kinds import Kind
from leadflow.events.models import Event

Params = Mapping[str, Any]
Words = str | Promise
ANY = ""


def _always(_event: Event, _params: Params) -> bool:
    return True


@dataclass(frozen=True)
class Trigger:
    """One thing to wait for: about which kind of record, told by which facts.

    `params` name what narrows it (a stage, a form, days); `fits` compares a fact with them. A trigger
    without facts is a moment, which a tick looks for. `needs` are params that must be given.
    """

    key: str
    label: Words
    subject: str
    facts: tuple[Kind, ...] = ()
    params: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    fits: Callable[[Event, Params], bool] = _always
    icon: str = "bolt"

    @property
    def is_moment(self) -> bool:
        """Whether a tick looks for it, because no fact tells of it."""
        return not self.facts


def _same(param: str, key: str) -> Callable[[Event, Params], bool]:
    """Whether the fact says under `key` what the rule asks for, where it asks for something."""

    def fits(event: Event, params: Params) -> bool:
        wanted = params.get(param)
        return wanted in (None, ANY) or str(event.data.get(key)) == str(wanted)

    return fits


def _names(param: str, sign: str = "") -> Callable[[Event, Params], bool]:
    """Whether the fact names the field or tag among those that changed."""

    def fits(event: Event, params: Params) -> bool:
        wanted = params.get(param)
        told = event.data.get("fields") or []
        return f"{sign}{wanted}" in told if wanted else any(f.startswith(sign) for f in told)

    return fits


def _own_doing(kind: str) -> Callable[[Event, Params], bool]:
    def fits(event: Event, params: Params) -> bool:
        words = str(params.get("words") or "").lower()
        return event.data.get("kind") == kind and words in str(event.data.get("label", "")).lower()

    return fits


def _called(event: Event, params: Params) -> bool:
    words = str(params.get("words") or "").lower()
    return words in str(event.data.get("title", "")).lower()


def _means(event: Event, params: Params) -> bool:
    """Whether an answer means what is asked for: as it was read, or as a colleague put it right. Where
    nothing is asked for, putting it right is no second answer."""
    wanted = params.get("reply")
    told = event.data.get("meaning") if event.kind == Kind.REPLY_RECEIVED else event.data.get("to")
    return told == wanted if wanted else event.kind == Kind.REPLY_RECEIVED


def _given(event: Event, _params: Params) -> bool:
    return event.data.get("to") is not None


_S = "deal"
TRIGGERS: dict[str, Trigger] = {
    one.key: one
    for one in (
        Trigger("stage_entered", lazy("A lead enters a stage"), "lead", (Kind.LEAD_ADVANCED,),
                ("stage",), fits=_same("stage", "to"), icon="stairs"),
        Trigger("field_changed", lazy("A field of a lead changes"), "lead", (Kind.LEAD_CHANGED,),
                ("field",), fits=_names("field"), icon="edit"),
        Trigger("tagged", lazy("A lead gets a tag"), "lead", (Kind.LEAD_TAGGED,), ("tag",),
                fits=_names("tag", "+"), icon="tag"),
        Trigger("form_sent", lazy("A form is sent"), "lead", (Kind.SUBMISSION_RECEIVED,), ("form",),
                fits=_same("form", "form"), icon="forms"),
        Trigger("segment_entered", lazy("A lead comes into a segment"), "lead",
                (Kind.SEGMENT_ENTERED,), ("segment",), fits=_same("segment", "segment"),
                icon="users-group"),
        Trigger("segment_left", lazy("A lead falls out of a segment"), "lead", (Kind.SEGMENT_LEFT,),
                ("segment",), fits=_same("segment", "segment"), icon="users-minus"),
        Trigger("qualified", lazy("The score rises over the threshold"), "lead",
                (Kind.LEAD_QUALIFIED,), icon="trending-up"),
        Trigger("cooled", lazy("The score falls under the threshold"), "lead", (Kind.LEAD_COOLED,),
                icon="trending-down"),
        Trigger("assigned", lazy("A lead gets an owner"), "lead", (Kind.LEAD_ASSIGNED,), fits=_given,
                icon="user-check"),
        Trigger("recycled", lazy("Sales sends a lead back"), "lead", (Kind.LEAD_RECYCLED,),
                icon="repeat"),
        Trigger("replied", lazy("A lead answers a mail"), "lead",
                (Kind.REPLY_RECEIVED, Kind.REPLY_SORTED), ("reply",), fits=_means,
                icon="mail-opened"),
        Trigger("clicked", lazy("A lead clicks in a mail"), "lead", (Kind.ENGAGEMENT_RECORDED,),
                ("words",), fits=_own_doing("mail.clicked"), icon="click"),
        Trigger("downloaded", lazy("A lead downloads a file"), "lead", (Kind.ENGAGEMENT_RECORDED,),
                ("words",), fits=_own_doing("file.downloaded"), icon="download"),
        Trigger("meeting_booked", lazy("A meeting is booked"), "lead", (Kind.MEETING_BOOKED,),
                icon="calendar-plus"),
        Trigger("meeting_missed", lazy("A lead misses a meeting"), "lead", (Kind.MEETING_MISSED,),
                icon="calendar-off"),
        Trigger("meeting_cancelled", lazy("A meeting is cancelled"), "lead",
                (Kind.MEETING_CANCELLED,), icon="calendar-off"),
        Trigger("event_registered", lazy("A lead registers for an event"), "lead",
                (Kind.ENGAGEMENT_RECORDED,), ("words",), fits=_own_doing("event.registered"),
                icon="calendar-check"),
        Trigger("event_attended", lazy("A lead attends an event"), "lead",
                (Kind.ENGAGEMENT_RECORDED,), ("words",), fits=_own_doing("event.attended"),
                icon="calendar-check"),
        Trigger("event_missed", lazy("A lead misses an event"), "lead", (Kind.ENGAGEMENT_RECORDED,),
                ("words",), fits=_own_doing("event.missed"), icon="calendar-off"),
        Trigger("trial_begun", lazy("A lead begins a trial"), "lead", (Kind.ENGAGEMENT_RECORDED,),
                ("words",), fits=_own_doing("trial.begun"), icon="rocket"),
        Trigger("subscribed", lazy("A customer begins a subscription"), "lead",
                (Kind.CUSTOMER_SUBSCRIBED,), ("words",), fits=_called, icon="repeat"),
        Trigger("activity_done", lazy("An activity with a lead is done"), "lead",
                (Kind.ACTIVITY_LOGGED, Kind.ACTIVITY_COMPLETED), ("activity",),
                fits=_same("activity", "kind"), icon="checkbox"),
        Trigger("offer_given", lazy("A lead is given an offer"), "lead", (Kind.OFFER_GIVEN,),
                ("offer",), fits=_same("offer", "offer"), icon="gift"),
        Trigger("lead_idle", lazy("Nothing happens with a lead for some days"), "lead",
                params=("days",), needs=("days",), icon="zzz"),
        Trigger("offer_ending", lazy("An offer that a lead was given ends soon"), "lead",
                params=("offer", "days"), needs=("days",), icon="hourglass"),
        Trigger("company_changed", lazy("A field of a company changes"), "company",
                (Kind.COMPANY_CHANGED,), ("field",), fits=_names("field"), icon="building"),
        Trigger("deal_opened", lazy("A deal is opened"), _S, (Kind.DEAL_OPENED,), icon="coin"),
        Trigger("deal_moved", lazy("A deal goes to another stage"), _S, (Kind.DEAL_MOVED,),
                ("deal_stage",), fits=_same("deal_stage", "stage"), icon="arrow-right"),
        Trigger("deal_won", lazy("A deal is won"), _S, (Kind.DEAL_WON,), icon="trophy"),
        Trigger("deal_lost", lazy("A deal is lost"), _S, (Kind.DEAL_LOST,), icon="thumb-down"),
        Trigger("deal_idle", lazy("Nothing happens with a deal for some days"), _S, params=("days",),
                needs=("days",), icon="zzz"),
    )
}  # fmt: skip


def keys_for(kind: str) -> list[str]:
    """The triggers that a kind of fact may set off."""
    return [one.key for one in TRIGGERS.values() if kind in one.facts]


def listened_to() -> set[Kind]:
    """Every kind of fact that a rule can wait for."""
    return {kind for one in TRIGGERS.values() for kind in one.facts}


def is_real(event: Event) -> bool:
    """Whether the record is the cause: a publishing of rules that moved it starts nothing."""
    return not event.data.get("by_publishing")
