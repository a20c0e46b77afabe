"""The draft of a sequence while somebody builds: every edit is kept, and can be taken back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, InvalidTransition, StaleVersion
from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.rulesets import selectors as rulesets
from leadflow.rulesets import services as rules
from leadflow.rulesets.models import RuleVersion
from nurturing.models import DraftEdit, Sequence
from nurturing.services import sequences
from nurturing.services.documents import Document
from nurturing.services.editing import Edit

MOST_KEPT = 100  # edits that can be taken back
ONE_EDIT = timedelta(minutes=1)  # what is typed into one step within this is one edit


@dataclass(frozen=True)
class Seen:
    """Which document somebody had before her when she edited: number and revision of its version."""

    number: int
    revision: int

    def __str__(self) -> str:
        return f"{self.number}.{self.revision}"

    @classmethod
    def of(cls, version: RuleVersion) -> "Seen":
        """As the page says it."""
        return cls(version.number, version.revision)


@transaction.atomic
def change(
    sequence: Sequence,
    *,
    edit: Callable[[Document], Document],
    by: User | None,
    seen: Seen | None = None,
    about: str = "",
    at: datetime | None = None,
) -> RuleVersion:
    """Edit the draft, or what runs as a new draft. An edit that changes nothing keeps nothing; `about`
    names what is being typed into. Raises StaleVersion where somebody saved since `seen`."""
    at = at or clock.now()
    version = _locked(sequence, seen)
    before = version.document
    after = edit(before)
    if after == before:
        return version
    _remember(sequence, before, by=by, about=about, at=at)
    return sequences.save_draft(sequence, document=after, by=by, at=at)


def change_steps(
    sequence: Sequence, edit: Edit, *, by: User | None, seen: Seen | None = None, about: str = ""
) -> RuleVersion:
    """Edit the tree of steps of the draft, as `change` does with the whole document."""

    def whole(document: Document) -> Document:
        return document | {"steps": edit(document["steps"])}

    return change(sequence, edit=whole, by=by, seen=seen, about=about)


@transaction.atomic
def undo(sequence: Sequence, *, by: User | None, at: datetime | None = None) -> RuleVersion:
    """Take the last edit back, whoever made it. Raises Conflict where there is none."""
    version = _locked(sequence, None)
    edit = DraftEdit.objects.to_undo(sequence)
    if edit is None:
        raise Conflict(_("There is nothing to take back."))
    return _swap(sequence, version, edit, by=by, at=at)


@transaction.atomic
def redo(sequence: Sequence, *, by: User | None, at: datetime | None = None) -> RuleVersion:
    """Do again what was taken back last. Raises Conflict where there is nothing."""
    version = _locked(sequence, None)
    edit = DraftEdit.objects.to_redo(sequence)
    if edit is None:
        raise Conflict(_("There is nothing to do again."))
    return _swap(sequence, version, edit, by=by, at=at)


@transaction.atomic
def discard(sequence: Sequence, *, by: User | None) -> None:
    """Throw the draft away; the published version stays as it is. Raises Conflict where nothing was
    ever published."""
    _locked(sequence, None)
    rules.discard_draft(sequence.rule_set, by=by)
    forget(sequence)


def forget(sequence: Sequence) -> None:
    """Nothing can be taken back any more: the draft was published or is gone."""
    DraftEdit.objects.of(sequence).delete()


def _locked(sequence: Sequence, seen: Seen | None) -> RuleVersion:
    """What is edited, with the sequence locked: two editors come one after the other."""
    row = Sequence.objects.select_for_update(of=("self",)).get(pk=sequence.pk)
    if row.state == Sequence.State.ARCHIVED:
        raise InvalidTransition(_("This sequence was put away."))
    version = rulesets.editable(row.rule_set)
    if version is None:
        raise Conflict(_("There is nothing to edit."))
    if seen is not None and seen != Seen.of(version):
        raise StaleVersion(
            _("Somebody saved this sequence while you were editing. Look again."),
            by=version.saved_by,
            at=version.saved_at,
        )
    return version


def _remember(
    sequence: Sequence, before: Document, *, by: User | None, about: str, at: datetime
) -> None:
    edits = DraftEdit.objects.of(sequence)
    edits.filter(is_undone=True).delete()
    last = edits.order_by("-pk").first()
    goes_on = last and about and (last.about, last.by) == (about, by) and at - last.at < ONE_EDIT
    if last and goes_on:
        return
    DraftEdit.objects.create(sequence=sequence, document=before, about=about[:60], at=at, by=by)
    kept = edits.order_by("-pk").values_list("pk", flat=True)[:MOST_KEPT]
    edits.exclude(pk__in=list(kept)).delete()


def _swap(
    sequence: Sequence,
    version: RuleVersion,
    edit: DraftEdit,
    *,
    by: User | None,
    at: datetime | None,
) -> RuleVersion:
    other = edit.document
    edit.document, edit.is_undone = version.document, not edit.is_undone
    edit.save(update_fields=["document", "is_undone"])
    return sequences.save_draft(sequence, document=other, by=by, at=at)
