"""What a marketer does with forms: makes them, publishes them, puts them away."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from capture import fields
from capture.blocks import questions
from capture.blocks.offering import offer_id
from capture.blocks.registering import occasion_id, registering
from capture.blocks.starts import STARTS
from capture.models import Form, FormVersion, Occasion
from capture.services import reports, standing
from leadflow.blocks import services as blocks
from leadflow.conditions import usage
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
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
LOOK = ["opens_at", "closes_at", "most_answers", "closed_text", "theme"]
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
    occasion: Occasion | None = None,
    origin: str = Origin.LIVE,
    at: datetime | None = None,
) -> Form:
    """Make a form from a starting point, or from `content`; it is a draft until it is published.

    A start that registers for an event does so for `occasion`.
    """
    if start not in STARTS:
        raise Invalid(
            _("There is no such starting point."), {"start": [_("Choose one of the list.")]}
        )
    at = at or now()
    form = Form.objects.create(
        name=name.strip()[:120] or str(STARTS[start].name),
        draft=registering(
            dict(content) if content is not None else STARTS[start].content(), occasion
        ),
        thanks_text=str(STARTS[start].thanks),
        owner=by,
        created_by=by,
        created_at=at,
        draft_saved_at=at,
        draft_saved_by=by,
        origin=origin,
        stage=STARTS[start].stage,
    )
    if content is None and STARTS[start].report is not None:
        reports.start(form=form, by=by, content=STARTS[start].report_content(), at=at)
    return form


@transaction.atomic
def publish(
    *, form: Form, by: User | None, revision: int | None = None, at: datetime | None = None
) -> FormVersion:
    """Show the draft to visitors from now on. Raises Invalid with what is missing, and Conflict where
    a question is gone that a published rule uses.

    The first time a finished report goes live with it.
    """
    before = _kept(form)
    version = blocks.publish(document=form, revision=revision, by=by, at=at)
    live = _gone_live(form, version, before, by, at)
    if live.number == 1:
        reports.publish_first(form=form, by=by, at=at)
    return live


@transaction.atomic
def rollback(
    *, form: Form, number: int, by: User | None, at: datetime | None = None
) -> FormVersion:
    """Show an older version again. Raises Conflict where it lacks a question that a rule uses."""
    before = _kept(form)
    version = blocks.rollback(document=form, number=number, by=by, at=at)
    return _gone_live(form, version, before, by, at)


def _kept(form: Form) -> list[fields.Kept]:
    """The questions that visitors answer now and rules can ask about."""
    live = FormVersion.objects.filter(pk__in=Form.objects.filter(pk=form.pk).values("live")).first()
    return fields.kept(live.content) if live else []


def _gone_live(
    form: Form, version: Any, before: list[fields.Kept], by: User | None, at: datetime | None
) -> FormVersion:
    _refuse_if_missed(form, before, fields.kept(version.content))
    form.occasion_id, form.offer_id = occasion_id(version.content), offer_id(version.content)
    Form.objects.filter(pk=form.pk).update(occasion=form.occasion_id, offer=form.offer_id)
    standing.show(form, kind=Kind.FORM_PUBLISHED, number=version.number, by=by, at=at)
    return FormVersion.objects.get(pk=version.pk)


def _refuse_if_missed(form: Form, before: list[fields.Kept], after: list[fields.Kept]) -> None:
    for key, label, choices in fields.lost(form, before, after):
        if not (found := usage.uses_of(key, choices and set(choices))):
            continue
        gone = label if choices is None else f"{label}: {', '.join(sorted(choices.values()))}"
        raise Conflict(
            _(
                "Rules use “%(what)s”, which the new version no longer asks in this way: %(rules)s."
                " Take it out of them first."
            )
            % {"what": gone, "rules": ", ".join(f"“{use.label}”" for use in found)},
            uses=[(use.label, use.url) for use in found],
        )


@transaction.atomic
def archive(*, form: Form, by: User | None) -> Form:
    """Close a form to visitors; its answers stay."""
    refusal = _("This form is archived already.")
    return standing.put_away(form, kind=Kind.FORM_ARCHIVED, by=by, refusal=refusal)


@transaction.atomic
def reopen(*, form: Form, by: User | None) -> Form:
    """Take a form out of the archive: as a draft, for somebody to look at before it is shown."""
    del by
    return standing.take_out(form, refusal=_("This form is not archived."))


@transaction.atomic
def copy(*, form: Form, by: User | None, at: datetime | None = None) -> Form:
    """A new draft with the same questions and settings, and no answers."""
    name = _("Copy of %(name)s") % {"name": form.name}
    new = create(name=name, by=by, content=form.draft, at=at)
    for field in AFTER:
        if field != "name":
            setattr(new, field, getattr(form, field))
    new.theme, new.closed_text = form.theme, form.closed_text
    new.references, new.allowed_origins = form.references, form.allowed_origins
    new.save()
    new.tags.set(form.tags.all())
    new.notify.set(form.notify.all())
    return new


@transaction.atomic
def save_after(
    *,
    form: Form,
    notify: Iterable[User],
    tags: Iterable[Tag],
    references: Mapping[str, int] | None = None,
) -> Form:
    """Keep what happens after an answer; `form` carries the checked values of its fields."""
    if references is not None:
        form.references = dict(references)
    form.save(update_fields=[*AFTER, "references"])
    form.notify.set(notify)
    form.tags.set(tags)
    return form


@transaction.atomic
def save_look(*, form: Form, theme: dict[str, str]) -> Form:
    """Keep when the form is open and how it looks; `form` carries the checked values of its fields."""
    form.theme = theme
    form.save(update_fields=LOOK)
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
