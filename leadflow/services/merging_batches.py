"""Many pairs merged in one go, and the whole go taken back.

A run, pair by pair: what cannot be merged stays with its reason, the rest goes on. Pairs that hang
together (one and two, two and three) end in one row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.errors import Conflict, Invalid
from leadflow.events import relay
from leadflow.models import Company, CompanyMerge, CompanyTwin, Lead, Merge, Twin
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.runs import registry, services
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from leadflow.services import company_merging, merging, unmerging

MERGE, UNMERGE = "merge-pairs", "take-pairs-apart"
MOST = 500  # pairs of one go
CHUNK = 20
PATIENCE = 300  # waits of 0.2 s for reactions to an earlier merge of the same person
_l = gettext_lazy


@dataclass(frozen=True)
class Subject:
    """What is merged: people or companies."""

    key: str
    permission: str
    twins: type[Twin] | type[CompanyTwin]
    merges: type[Merge] | type[CompanyMerge]
    sure: models.Q  # which pairs need no second look
    survivor_first: Callable[[Any, Any], tuple[Any, Any]]
    merge: Callable[..., Any]
    unmerge: Callable[[Any, User | None], Any]
    may_unmerge: Callable[[Any], str]
    visible_to: "Callable[[User], models.QuerySet[Any]]"
    done_url: str


LEADS = Subject(
    "lead", "lead.merge", Twin, Merge, models.Q(name_likeness__gte=90), merging.survivor_first, merging.merge,
    lambda made, by: unmerging.unmerge(merge=made, by=by), unmerging.may_unmerge,
    lambda user: Lead.objects.visible_to(user, "lead.merge"), "/leads/duplicates/done/",
)  # fmt: skip
COMPANIES = Subject(
    "company", "company.merge", CompanyTwin, CompanyMerge, models.Q(same_name=True, score__gte=85), company_merging.survivor_first,
    company_merging.merge, lambda made, by: company_merging.unmerge(made=made, by=by),
    company_merging.may_unmerge, Company.objects.visible_to, "/companies/duplicates/done/",
)  # fmt: skip
SUBJECTS = {one.key: one for one in (LEADS, COMPANIES)}


@dataclass(frozen=True)
class Preview:
    """What a go would do: each pair with who stays, and how many are sure."""

    pairs: Sequence[tuple[Any, Any, Any]]  # twin, survivor, loser
    sure: Sequence[int]  # keys of twins
    into: int  # rows that are left of them

    @property
    def unsure(self) -> int:
        """Pairs that somebody should look at first."""
        return len(self.pairs) - len(self.sure)


def preview(subject: Subject, *, user: User, ids: Iterable[int] | None) -> Preview:
    """What merging these pairs would do; all sure ones where `ids` is None. The likeliest come first."""
    rows: models.QuerySet[Any] = subject.twins.objects.visible_to(user).select_related("one", "two")
    rows = rows.filter(subject.sure) if ids is None else rows.filter(pk__in=list(ids))
    twins: list[Any] = list(rows.order_by("-score", "-pk")[:MOST])
    pairs = [(twin, *subject.survivor_first(twin.one, twin.two)) for twin in twins]
    among = subject.twins.objects.filter(subject.sure, pk__in=[twin.pk for twin in twins])
    sure = list(among.order_by("-score", "-pk").values_list("pk", flat=True))
    return Preview(pairs, sure, _groups((twin.one_id, twin.two_id) for twin in twins))


def _groups(pairs: Iterable[tuple[int, int]]) -> int:
    """How many rows are left once each of these pairs is one."""
    stands_for: dict[int, int] = {}

    def root(key: int) -> int:
        while stands_for.setdefault(key, key) != key:
            key = stands_for[key]
        return key

    for one, two in pairs:
        stands_for[root(two)] = root(one)
    return sum(1 for key, parent in stands_for.items() if key == parent)


def start(subject: Subject, *, ids: Iterable[int], by: User) -> Run:
    """Merge these pairs in the background. Raises Invalid where there is none, Conflict while another go runs."""
    rows = subject.twins.objects.visible_to(by).filter(pk__in=list(ids))
    chosen = list(rows.order_by("-score", "-pk").values_list("pk", flat=True)[: MOST + 1])
    if not chosen:
        raise Invalid(_("Choose at least one pair. Those that you chose are settled already."))
    if len(chosen) > MOST:
        raise Invalid(_("Choose up to %(most)s pairs at a time.") % {"most": MOST})
    args = {"subject": subject.key, "twins": chosen}
    return services.start(MERGE, args, by=by, key=MERGE, total=len(chosen))


def take_back(subject: Subject, *, batch: Run, by: User) -> Run:
    """Take a whole go apart in the background, the latest merge first."""
    if not batch.is_finished:
        raise Conflict(_("The pairs are still being merged. Wait until that is done."))
    standing = subject.merges.objects.filter(batch=batch.pk, undone_at=None).count()
    if not standing:
        raise Conflict(_("Nothing of it is left to take apart."))
    args = {"subject": subject.key, "batch": batch.pk}
    return services.start(UNMERGE, args, by=by, key=MERGE, total=standing)


def merge_all(work: Work) -> Mapping[str, Any]:
    """The run: each pair as its two rows stand now."""
    subject = SUBJECTS[work.args["subject"]]
    keys = work.args["twins"]
    while (done := int(work.checkpoint.get("next", 0))) < len(keys):
        twins = subject.twins.objects.select_related("one", "two").in_bulk(
            keys[done : done + CHUNK]
        )
        ahead = [twins.get(key) for key in keys[done : done + CHUNK]]
        _await_reactions(work, ahead[0])
        with work.chunk() as chunk:
            chunk.by, left = _merge_some(subject, ahead, work)
            left = [*work.checkpoint.get("left", []), *left]
            chunk.checkpoint = {"next": done + chunk.by, "left": left}
    left = work.checkpoint.get("left", [])
    return {"merged": len(keys) - len(left), "left": left, "batch": work.run_id}


def _merge_some(
    subject: Subject, twins: Sequence[Any], work: Work
) -> tuple[int, list[dict[str, Any]]]:
    """Merge pairs until one touches a row of this transaction; how many were dealt with, who stays."""
    seen: set[int] = set()
    left: list[dict[str, Any]] = []
    for number, twin in enumerate(twins):
        rows = _as_they_stand(twin)
        if seen & {row.pk for row in rows}:
            return number, left
        seen |= {row.pk for row in rows}
        if why := _merge_one(subject, rows, work):
            left.append({"twin": getattr(twin, "pk", None), "why": why})
    return len(twins), left


def _as_they_stand(twin: Any) -> list[Any]:
    """The rows that the two of a pair live in by now."""
    return [row.merged_into or row for row in (twin.one, twin.two)] if twin else []


def _merge_one(subject: Subject, rows: Sequence[Any], work: Work) -> str:
    """Merge a pair; why not, where that cannot be."""
    if not rows:
        return _("It was settled in the meantime.")
    if rows[0].pk == rows[1].pk:
        return ""  # by way of a third
    if work.asker is None or subject.visible_to(work.asker).filter(
        pk__in=[row.pk for row in rows]
    ).count() < len(rows):
        return _("One of the two is gone, or no longer yours to merge.")
    keep, drop = subject.survivor_first(*rows)
    try:
        with transaction.atomic():
            subject.merge(survivor=keep, loser=drop, by=work.asker, batch=work.run_id)
    except Conflict as error:
        return error.message
    return ""


def _await_reactions(work: Work, twin: Any) -> None:
    """Let everybody follow earlier merges of these people: only then is the next one a merge of its own."""
    ids = [row.pk for row in _as_they_stand(twin) if isinstance(row, Lead)]
    open_ones = Merge.objects.filter(survivor__in=ids, after__isnull=True, undone_at=None)
    for _turn in range(PATIENCE):
        if not open_ones.exists() or work.stopping.is_set():
            return
        if relay.run().busy:
            work.stopping.wait(0.2)  # another process is at it


def unmerge_all(work: Work) -> Mapping[str, Any]:
    """The run: each merge of the go, the latest first; what cannot be taken apart stays with its reason."""
    subject = SUBJECTS[work.args["subject"]]
    rows = subject.merges.objects.filter(batch=work.args["batch"], undone_at=None).order_by("-pk")
    last = work.checkpoint.get("last")
    left = list(work.checkpoint.get("left", []))
    while made := (rows.filter(pk__lt=last) if last else rows).first():
        with work.chunk() as chunk:
            if why := _unmerge_one(subject, made, work):
                left.append({"merge": made.pk, "why": why})
            last = made.pk
            chunk.checkpoint = {"last": last, "left": left}
    return {"undone": work.progress - len(left), "left": left}


def _unmerge_one(subject: Subject, made: Any, work: Work) -> str:
    if work.asker is None or not allowed(work.asker, subject.permission):
        return _("You may not take merges apart any more.")
    try:
        with transaction.atomic():
            subject.unmerge(made, work.asker)
    except Conflict as error:
        return error.message
    return ""


def batch_of(subject: Subject, pk: int) -> Run | None:
    """The go with that number, where it was one over this subject."""
    rows = Run.objects.filter(kind=MERGE, args__subject=subject.key)
    return rows.select_related("asker").filter(pk=pk).first()


def taking_back(batch: Run) -> Run | None:
    """The latest run that takes this go apart."""
    return Run.objects.filter(kind=UNMERGE, args__batch=batch.pk).order_by("-pk").first()


def _seen_at(told: Mapping[str, Any]) -> str:
    return f"{SUBJECTS[told['subject']].done_url}{told['batch']}/"


def install() -> None:
    """Make the two runs known; called once by apps.py."""
    labels: dict[str, tuple[str | Promise, Any]] = {
        MERGE: (_l("Merge pairs"), merge_all),
        UNMERGE: (_l("Take merged pairs apart"), unmerge_all),
    }
    for key, (label, do) in labels.items():
        registry.register(registry.RunKind(key, label, do, result_url=_seen_at))
