"""What can happen to a block document: its draft is saved, it is published, it goes back."""

from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from leadflow.blocks import documents
from leadflow.blocks.models import Document, DocumentVersion
from leadflow.blocks.schema import Problem
from leadflow.errors import Invalid, StaleVersion
from leadflow.kit.clock import now
from leadflow.people.models import User

D = TypeVar("D", bound=Document)


@transaction.atomic
def save_draft(
    *, document: D, content: Any, revision: int, by: User | None, at: datetime | None = None
) -> D:
    """Keep `content` as the draft, if nobody saved since the editor read `revision`.

    A half-done draft is kept; one of the wrong shape is refused (Invalid), one that would overwrite
    another person's save too (StaleVersion with `who`, `when` and the revision there is).
    """
    locked = _locked(document)
    _refuse_stale(locked, revision)
    problems = documents.shape_problems(content, locked.blocks())
    if problems:
        raise _invalid(_("This draft cannot be kept."), problems)
    locked.draft = documents.normalised(content, locked.blocks())
    locked.draft_revision += 1
    locked.draft_saved_at = at or now()
    locked.draft_saved_by = by
    locked.save(update_fields=["draft", "draft_revision", "draft_saved_at", "draft_saved_by"])
    return locked


@transaction.atomic
def publish(
    *,
    document: Document,
    revision: int | None = None,
    by: User | None,
    note: str = "",
    at: datetime | None = None,
) -> DocumentVersion:
    """Freeze the draft as the next version and make it the live one.

    With `revision`, refuses when the draft is not the one the person looked at. Raises Invalid with a
    message per problem when the draft is not finished.
    """
    locked = _locked(document)
    if revision is not None:
        _refuse_stale(locked, revision)
    problems = documents.publish_problems(locked.draft, locked.blocks())
    if problems:
        raise _invalid(_("Finish these before you publish."), problems)
    content = documents.normalised(locked.draft, locked.blocks())
    return _freeze(locked, content, by=by, note=note, at=at)


@transaction.atomic
def set_beside(
    *, document: Document, content: Any, by: User | None, note: str, at: datetime | None = None
) -> DocumentVersion:
    """Freeze other content as the document's next version and leave what is live as it is.

    Raises Invalid with a message per problem when the content is not finished.
    """
    locked = _locked(document)
    problems = documents.publish_problems(content, locked.blocks())
    if problems:
        raise _invalid(_("Finish these before you publish."), problems)
    frozen = documents.normalised(content, locked.blocks())
    return _next(locked, frozen, by=by, note=note, at=at)


@transaction.atomic
def rollback(
    *, document: Document, number: int, by: User | None, at: datetime | None = None
) -> DocumentVersion:
    """Publish the content of an older version again, as a new version; the draft becomes it too."""
    locked = _locked(document)
    old = locked.versions.get(number=number)
    locked.draft = old.content
    locked.draft_revision += 1
    locked.draft_saved_at, locked.draft_saved_by = at or now(), by
    locked.save(update_fields=["draft", "draft_revision", "draft_saved_at", "draft_saved_by"])
    note = _("Back to version %(number)d") % {"number": number}
    return _freeze(locked, old.content, by=by, note=note, at=at)


def changes(*, document: Document, number: int) -> list[documents.Change]:
    """What version `number` changed against the version before it; properties by their labels."""
    new = document.versions.get(number=number)
    old = document.versions.filter(number__lt=number).order_by("-number").first()
    found = documents.diff(old.content if old else documents.empty(), new.content)
    known = document.blocks()
    props = [prop for kind in known.types for prop in kind.props]
    props += [*known.settings, *known.page_props]
    labels = {prop.key: str(prop.label) for prop in props} | {"title": _("Title of the page")}
    return [
        replace(
            one,
            props=tuple(labels.get(key, key) for key in one.props),
            lines=tuple((labels.get(key, key), was, now) for key, was, now in one.lines),
        )
        for one in found
    ]


def _locked(document: D) -> D:
    manager = type(document)._default_manager
    return (
        manager.select_for_update(of=("self",)).select_related("draft_saved_by").get(pk=document.pk)
    )


def _refuse_stale(locked: Document, revision: int) -> None:
    if locked.draft_revision == revision:
        return
    who = locked.draft_saved_by.name if locked.draft_saved_by else _("Somebody")
    raise StaleVersion(
        _("%(who)s saved a newer draft.") % {"who": who},
        who=who,
        when=locked.draft_saved_at.isoformat() if locked.draft_saved_at else "",
        revision=locked.draft_revision,
    )


def _freeze(
    locked: Document,
    content: documents.Content,
    *,
    by: User | None,
    note: str,
    at: datetime | None,
) -> DocumentVersion:
    version = _next(locked, content, by=by, note=note, at=at)
    locked.live = version
    locked.save()
    return version


def _next(
    locked: Document,
    content: documents.Content,
    *,
    by: User | None,
    note: str,
    at: datetime | None,
) -> DocumentVersion:
    version: DocumentVersion = locked.versions.create(
        number=next_number(locked),
        content=content,
        note=note,
        published_at=at or now(),
        published_by=by,
    )
    return version


def next_number(document: Document) -> int:
    """The number that the next version of a document gets."""
    return int(document.versions.aggregate(last=Max("number"))["last"] or 0) + 1


def _invalid(message: str, problems: list[Problem]) -> Invalid:
    fields: dict[str, list[str]] = {}
    for problem in problems:
        fields.setdefault(problem.path, []).append(problem.message)
    return Invalid(message, fields, problems=[problem.as_json() for problem in problems])
