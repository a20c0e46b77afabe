"""What the screens of sequences ask."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.kit.text import search_text
from leadflow.mail.models import COUNTED
from leadflow.models import Engagement, Lead
from leadflow.people.models import Role, User
from leadflow.rulesets.models import RuleVersion
from leadflow.segments.models import Segment
from nurturing.models import (
    MOVING,
    UNDER_WAY,
    Broadcast,
    DraftEdit,
    Enrolment,
    Reason,
    Recipient,
    Refusal,
    Sequence,
    StepDone,
)

MOST_AT_ONCE = 10_000
MOST_OTHERS = 6


@dataclass(frozen=True)
class Figures:
    """What a sequence, or one of its steps, has done so far."""

    enrolled: int = 0
    inside: int = 0
    goal: int = 0
    replied: int = 0
    sent: int = 0
    clicked: int = 0
    next_at: datetime | None = None  # when somebody is taken further


def figures(sequence_ids: Collection[int]) -> dict[int, Figures]:
    """The figures of these sequences by id."""
    walks = (
        Enrolment.objects.filter(sequence__in=sequence_ids)
        .order_by()
        .values("sequence")
        .annotate(
            enrolled=Count("pk"),
            inside=Count("pk", filter=Q(state__in=UNDER_WAY)),
            goal=Count("pk", filter=Q(reason=Reason.GOAL)),
            replied=Count("pk", filter=Q(reason=Reason.REPLIED)),
            next_at=Min("due_at", filter=Q(state__in=MOVING)),
        )
    )
    sent = _mails(Q(enrolment__sequence__in=sequence_ids), "enrolment__sequence")
    return {
        row["sequence"]: Figures(
            row["enrolled"], row["inside"], row["goal"], row["replied"],
            *sent.get(row["sequence"], (0, 0)), row["next_at"],
        )
        for row in walks
    }  # fmt: skip


def _mails(wanted: Q, by: str) -> dict[Any, tuple[int, int]]:
    """Messages that were accepted, and those with a human click in them."""
    rows = StepDone.objects.filter(wanted, delivery__state__in=COUNTED).order_by()
    sent = dict(rows.values_list(by).annotate(n=Count("pk")))
    delivery = Func(F("source_id"), Value(":"), Value(1), function="split_part")
    clicks = Engagement.objects.filter(
        kind="mail.clicked",
        source_type="delivery",
        actor_class=Engagement.Actor.HUMAN,
        lead__in=rows.values("enrolment__lead"),
    ).annotate(delivery=Cast(delivery, BigIntegerField()))
    clicked = rows.filter(delivery__in=clicks.values("delivery"))
    counts = dict(clicked.values_list(by).annotate(n=Count("pk")))
    return {key: (n, counts.get(key, 0)) for key, n in sent.items()}


def people(
    sequence: Sequence,
    user: User,
    *,
    view: str = "all",
    state: str = "",
    step: str = "",
    words: str = "",
) -> QuerySet[Enrolment]:
    """Who is or was in a sequence, newest first, as far as the user may see them; of one state, at one
    step, and found by name, address or company, where given."""
    rows = Enrolment.objects.visible_to(user).filter(sequence=sequence)
    if view == "inside":
        rows = rows.under_way()
    elif view == "ended":
        rows = rows.exclude(state__in=UNDER_WAY)
    if state:
        rows = rows.filter(state=state)
    if step:
        rows = rows.filter(step=step)
    for word in search_text(words).split()[:5]:
        rows = rows.filter(lead__search_text__contains=word)
    return rows.select_related("lead", "version").order_by("-id")


def not_in(about: Sequence | Broadcast, user: User, words: str) -> list[Lead]:
    """A few people found by these words who never were in a sequence, or are not of the audience of a
    broadcast: why somebody got nothing is asked of those as well."""
    asked = search_text(words).split()[:5]
    if isinstance(about, Sequence):
        rows = Enrolment.objects.filter(sequence=about, lead=OuterRef("pk"))
        found = Lead.objects.visible_to(user).filter(~Exists(rows))
    else:
        of_it = Recipient.objects.filter(broadcast=about, lead=OuterRef("pk"))
        found = Lead.objects.visible_to(user).filter(~Exists(of_it))
    for word in asked:
        found = found.filter(search_text__contains=word)
    return list(found.select_related("company").order_by("-pk")[:MOST_OTHERS]) if asked else []


def refusals_of(lead: Lead) -> QuerySet[Refusal]:
    """Where she should have entered and did not, the newest first."""
    return Refusal.objects.filter(lead=lead).select_related("sequence").order_by("-at")[:5]


def of_lead(lead: Lead) -> list[Enrolment]:
    """The walks of one lead, those under way first."""
    rows = Enrolment.objects.filter(lead=lead).select_related("sequence", "version")
    return sorted(rows.order_by("-id")[:20], key=lambda row: not row.is_under_way)


def forms_to_choose() -> list[tuple[str, str]]:
    """("form:3", its name) of every form that went live and was not closed since, as facts tell:
    forms are another stage's records."""
    kinds = (Kind.FORM_PUBLISHED, Kind.FORM_ARCHIVED)
    rows = Event.objects.filter(subject_type="capture.form", kind__in=kinds).order_by("id")
    names: dict[int, str] = {}
    for pk, kind, data in rows.values_list("subject_id", "kind", "data"):
        if pk and kind == Kind.FORM_ARCHIVED:
            names.pop(pk, None)
        elif pk:
            names[pk] = str(data.get("name") or pk)
    return [(f"form:{pk}", name) for pk, name in names.items()]


def segments_to_choose() -> list[tuple[str, str]]:
    """("segment:3", its name) of every segment in use."""
    return [(f"segment:{s.pk}", s.name) for s in Segment.objects.living().order_by("name")]


def living_segments() -> QuerySet[Segment]:
    """Every segment in use, to choose from."""
    return Segment.objects.living().order_by("name")


def already_inside(segment: Segment, user: User, permission: str = "lead.view") -> list[int]:
    """The ids of the members whom the user reaches, the first ten thousand."""
    leads = Lead.objects.visible_to(user, permission)
    rows = leads.filter(segment_stays__segment=segment, segment_stays__left_at=None)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])


def waiting_segment(document: dict[str, object]) -> Segment | None:
    """The segment by which people enter, where they enter by one."""
    trigger = document["trigger"]
    if not isinstance(trigger, dict) or trigger["kind"] != "segment":
        return None
    return Segment.objects.living().filter(pk=trigger["ref"] or 0).first()


def approvers() -> QuerySet[User]:
    """Who may be named to approve mail to many."""
    people: QuerySet[User] = User.objects.active().filter(role__in=[Role.ADMIN, Role.MANAGER])
    return people.order_by("name")


def walked_by(people: QuerySet[Lead]) -> list[Sequence]:
    """The sequences that these people are or were in, with how many of them: `walkers`."""
    rows = Sequence.objects.filter(enrolments__lead__in=people.values("pk"))
    return list(rows.annotate(walkers=Count("enrolments", distinct=True)).order_by("name"))


def can_take_back(sequence: Sequence) -> tuple[bool, bool]:
    """Whether there is an edit of its draft to undo, and one to redo."""
    sides = set(DraftEdit.objects.of(sequence).values_list("is_undone", flat=True))
    return False in sides, True in sides


def documents_of(rows: Iterable[Sequence]) -> dict[int, dict[str, Any]]:
    """The document that each of these goes by, by the id of the sequence: the published one, else the
    last that there is."""
    sets = {row.rule_set_id: row.pk for row in rows}
    found: dict[int, dict[str, Any]] = {}
    versions = RuleVersion.objects.filter(rule_set__in=sets).order_by("number")
    for version in versions.only("rule_set_id", "state", "document"):
        pk = sets[version.rule_set_id]
        if version.state == RuleVersion.State.PUBLISHED or pk not in found:
            found[pk] = version.document
    return found


def triggers_to_choose() -> dict[str, str]:
    """The name of every form and segment by which people can enter, by trigger."""
    return dict(forms_to_choose() + segments_to_choose())


def inside_versions(sequence: Sequence, user: User) -> dict[int, int]:
    """How many people whom the user may see are inside each version, by its id."""
    rows = Enrolment.objects.visible_to(user).filter(sequence=sequence).under_way().order_by()
    return dict(rows.values_list("version").annotate(n=Count("pk")))
