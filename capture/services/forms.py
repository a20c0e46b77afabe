"""What a marketer does with forms: makes them, publishes them, puts them away."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from capture.blocks import questions
from capture.blocks.starts import STARTS
from capture.models import Form, FormVersion
from leadflow.blocks import services as blocks
from leadflow.conditions import usage
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit.clock import now
from leadflow.models import Origin, Tag
from leadflow.people.models import User

AFTER = [
    "name",
    "thanks_title",
    "thanks_text",
    "redirect_url",
    "stage",
    "funnel_position",
    "source",
    "campaign",
]
_COUNT = """
INSERT INTO capture_formday (form_id, day, views, starts) VALUES (%s, %s, %s, %s)
ON CONFLICT (form_id, day) DO UPDATE
SET views = capture_formday.views + excluded.views, starts = capture_formday.starts + excluded.starts
"""


@transaction.atomic
def create(
    *,
    name: str,
    by: User | None,
    start: str = "blank",
    content: Mapping[str, Any] | None = None,
    origin: str = Origin.LIVE,
    at: datetime | None = None,
) -> Form:
    """Make a form from a starting point, or from `content`; it is a draft until it is published."""
    if start not in STARTS:
        raise Invalid(
            _("There is no such starting point."), {"start": [_("Choose one of the list.")]}
        )
    at = at or now()
    return Form.objects.create(
        name=name.strip()[:120] or str(STARTS[start].name),
        draft=dict(content) if content is not None else STARTS[start].content(),
        thanks_text=str(STARTS[start].thanks),
        owner=by,
        created_by=by,
        created_at=at,
        draft_saved_at=at,
        draft_saved_by=by,
        origin=origin,
    )


@transaction.atomic
def publish(
    *, form: Form, by: User | None, revision: int | None = None, at: datetime | None = None
) -> FormVersion:
    """Show the draft to visitors from now on. Raises Invalid with what is missing."""
    version = blocks.publish(document=form, revision=revision, by=by, at=at)
    return _gone_live(form, version, by, at)


@transaction.atomic
def rollback(
    *, form: Form, number: int, by: User | None, at: datetime | None = None
) -> FormVersion:
    """Show an older version again."""
    version = blocks.rollback(document=form, number=number, by=by, at=at)
    return _gone_live(form, version, by, at)


def _gone_live(form: Form, version: Any, by: User | None, at: datetime | None) -> FormVersion:
    Form.objects.filter(pk=form.pk).update(status=Form.Status.PUBLISHED)
    form.refresh_from_db()
    record(
        Kind.FORM_PUBLISHED,
        by=by,
        subject=form,
        data={"name": form.name, "number": version.number},
        at=at,
        origin=form.origin,
    )
    return FormVersion.objects.get(pk=version.pk)


@transaction.atomic
def archive(*, form: Form, by: User | None) -> Form:
    """Close a form to visitors; its answers stay."""
    locked = Form.objects.select_for_update().get(pk=form.pk)
    if locked.status == Form.Status.ARCHIVED:
        raise Conflict(_("This form is archived already."))
    locked.status = Form.Status.ARCHIVED
    locked.save(update_fields=["status"])
    record(
        Kind.FORM_ARCHIVED, by=by, subject=locked, data={"name": locked.name}, origin=locked.origin
    )
    return locked


@transaction.atomic
def reopen(*, form: Form, by: User | None) -> Form:
    """Take a form out of the archive: as a draft, for somebody to look at before it is shown."""
    del by
    locked = Form.objects.select_for_update().get(pk=form.pk)
    if locked.status != Form.Status.ARCHIVED:
        raise Conflict(_("This form is not archived."))
    locked.status = Form.Status.DRAFT
    locked.save(update_fields=["status"])
    return locked


@transaction.atomic
def copy(*, form: Form, by: User | None, at: datetime | None = None) -> Form:
    """A new draft with the same questions and settings, and no answers."""
    name = _("Copy of %(name)s") % {"name": form.name}
    new = create(name=name, by=by, content=form.draft, at=at)
    for field in AFTER:
        if field != "name":
            setattr(new, field, getattr(form, field))
    new.references, new.allowed_origins = form.references, form.allowed_origins
    new.save()
    new.tags.set(form.tags.all())
    new.notify.set(form.notify.all())
    return new


@transaction.atomic
def save_after(*, form: Form, notify: Iterable[User], tags: Iterable[Tag]) -> Form:
    """Keep what happens after an answer; `form` carries the checked values of its fields."""
    form.save(update_fields=AFTER)
    form.notify.set(notify)
    form.tags.set(tags)
    return form


def allow_sites(*, form: Form, origins: list[str]) -> Form:
    """Name the sites that may embed the form; checked by the caller's form."""
    form.allowed_origins = origins
    form.save(update_fields=["allowed_origins"])
    return form


def count(*, form_id: int, day: date, views: int = 0, starts: int = 0) -> None:
    """Add to the day's views and starts in one statement, so that no visit waits for another."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [form_id, day, int(views), int(starts)])


def _uses() -> Iterable[usage.Use]:
    """The fields that live forms fill."""
    for form in Form.objects.filter(status=Form.Status.PUBLISHED).select_related("live"):
        targets = sorted({one.save_to for one in questions(form.live_version.content)} - {""})
        filled = {"all": [{"field": key} for key in targets]}
        yield usage.Use(_("Form: %s") % form.name, form.get_absolute_url(), filled)


def install() -> None:
    """Make forms known to the guard on fields; called once by apps.py."""
    usage.register_owner("forms", _uses)
