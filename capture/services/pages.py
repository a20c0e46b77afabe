"""What a marketer does with landing pages: makes them, publishes them, moves them, puts them away."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from capture.blocks.page import ASKING
from capture.blocks.page_starts import PAGE_STARTS
from capture.models import Form, FormerAddress, LandingPage, LandingPageVersion
from capture.services import forms, standing
from leadflow.blocks import documents
from leadflow.blocks import services as blocks
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.kit import clock, tokens
from leadflow.kit.clock import now
from leadflow.kit.text import search_text
from leadflow.models import Origin
from leadflow.people.models import User
from leadflow.services import organisation

PREVIEW_DAYS = 14
_PREVIEW = "page.draft.v1"


@transaction.atomic
def create(
    *,
    name: str,
    by: User | None,
    start: str = "blank",
    content: Mapping[str, Any] | None = None,
    origin: str = Origin.LIVE,
    at: datetime | None = None,
) -> LandingPage:
    """Make a page from a starting point, or from `content`; a draft until it is published.

    A starting point that asks for something brings a form of its own, a draft too.
    """
    begin = PAGE_STARTS.get(start)
    if begin is None:
        raise Invalid(
            _("There is no such starting point."), {"start": [_("Choose one of the list.")]}
        )
    name, at = name.strip()[:120] or str(begin.name), at or now()
    if content is None:
        form = (
            forms.create(name=name, by=by, start=begin.form, origin=origin, at=at)
            if begin.form
            else None
        )
        content = begin.content(name, form.public_id if form else "")
    return LandingPage.objects.create(
        name=name,
        slug=free_slug(name),
        draft=dict(content),
        owner=by,
        created_by=by,
        created_at=at,
        draft_saved_at=at,
        draft_saved_by=by,
        origin=origin,
    )


def free_slug(name: str) -> str:
    """An address made of the name that no page has or ever had."""
    wish = re.sub(r"[^a-z0-9]+", "-", search_text(name)).strip("-")[:60].strip("-") or "page"
    taken = set(LandingPage.objects.filter(slug__startswith=wish).values_list("slug", flat=True))
    taken |= set(FormerAddress.objects.filter(slug__startswith=wish).values_list("slug", flat=True))
    number, slug = 2, wish
    while slug in taken:
        slug, number = f"{wish}-{number}", number + 1
    return slug


@transaction.atomic
def publish(
    *, page: LandingPage, by: User | None, revision: int | None = None, at: datetime | None = None
) -> LandingPageVersion:
    """Show the draft to visitors from now on; a draft form that stands on it goes live along.

    Raises Invalid with what is missing on the page or in the form.
    """
    version = blocks.publish(document=page, revision=revision, by=by, at=at)
    publish_forms_on(version.content, by=by, at=at)
    return _gone_live(page, version, by, at)


def publish_forms_on(
    content: Mapping[str, Any], *, by: User | None, at: datetime | None = None
) -> None:
    """Draft forms on a page go live along; in the caller's transaction."""
    for form in forms_on(content):
        if form.status == Form.Status.DRAFT:
            _publish_form(form, by, at)


def _publish_form(form: Form, by: User | None, at: datetime | None) -> None:
    try:
        forms.publish(form=form, by=by, at=at)
    except Invalid as refusal:
        reasons = {line for lines in refusal.fields.values() for line in lines}
        words = _("The form “%(name)s” is not finished: %(why)s")
        told = words % {"name": form.name, "why": " ".join(sorted(reasons))}
        raise Invalid.at("form", told) from None


def forms_on(content: Mapping[str, Any]) -> list[Form]:
    """The forms that stand on a page, by its document."""
    asking = [row for row in documents.blocks(content) if row["type"] in ASKING]
    wanted = [row["props"]["form"] for row in asking]
    return list(Form.objects.filter(public_id__in=wanted).select_related("live"))


@transaction.atomic
def rollback(
    *, page: LandingPage, number: int, by: User | None, at: datetime | None = None
) -> LandingPageVersion:
    """Show an older version again."""
    version = blocks.rollback(document=page, number=number, by=by, at=at)
    return _gone_live(page, version, by, at)


def _gone_live(
    page: LandingPage, version: Any, by: User | None, at: datetime | None
) -> LandingPageVersion:
    standing.show(page, kind=Kind.PAGE_PUBLISHED, number=version.number, by=by, at=at)
    return LandingPageVersion.objects.get(pk=version.pk)


@transaction.atomic
def archive(*, page: LandingPage, by: User | None) -> LandingPage:
    """Close a page to visitors; what it brought stays."""
    refusal = _("This page is archived already.")
    return standing.put_away(page, kind=Kind.PAGE_ARCHIVED, by=by, refusal=refusal)


@transaction.atomic
def reopen(*, page: LandingPage, by: User | None) -> LandingPage:
    """Take a page out of the archive: as a draft, for somebody to look at before it is shown."""
    del by
    return standing.take_out(page, refusal=_("This page is not archived."))


@transaction.atomic
def copy(*, page: LandingPage, by: User | None, at: datetime | None = None) -> LandingPage:
    """A new draft with the same blocks, source and campaign, under an address of its own."""
    name = _("Copy of %(name)s") % {"name": page.name}
    new = create(name=name, by=by, content=page.draft, at=at)
    new.source, new.campaign = page.source, page.campaign
    new.save(update_fields=["source", "campaign"])
    return new


@transaction.atomic
def change(*, page: LandingPage, values: Mapping[str, Any], by: User | None) -> LandingPage:
    """Set name, address, window, source and campaign; each change is a fact.

    An address that the page leaves leads to it for ever. Raises Invalid for one that is another's.
    """
    slug = str(values["slug"])
    locked = LandingPage.objects.select_for_update().get(pk=page.pk)
    if slug != locked.slug:
        _refuse_taken(locked, slug)
        FormerAddress.objects.filter(slug=slug, page=locked).delete()
        FormerAddress.objects.create(slug=locked.slug, page=locked, left_at=now())
    saved = organisation.save_object(row=locked, values=values, by=by)
    return saved if isinstance(saved, LandingPage) else locked


def _refuse_taken(page: LandingPage, slug: str) -> None:
    others = LandingPage.objects.exclude(pk=page.pk).filter(slug=slug)
    former = FormerAddress.objects.exclude(page=page).filter(slug=slug)
    if others.exists() or former.exists():
        told = _("That address belongs, or belonged, to another page. Choose another.")
        raise Invalid.at("slug", told)


def preview_token(page: LandingPage, *, at: datetime | None = None) -> str:
    """Whoever holds it sees the draft for fourteen days, without signing in."""
    until = (at or clock.now()) + timedelta(days=PREVIEW_DAYS)
    return tokens.sign(settings.SECRET_KEY, _PREVIEW, f"{page.public_id}-{int(until.timestamp())}")


def previewed(token: str) -> LandingPage | None:
    """The page whose draft a token shows; None for one that is not ours or whose time is over."""
    told = tokens.read(settings.SECRET_KEY, _PREVIEW, token)
    public_id, _dash, until = (told or "").rpartition("-")
    if not until.isdigit() or int(until) < clock.now().timestamp():
        return None
    rows = LandingPage.objects.exclude(status=LandingPage.Status.ARCHIVED)
    return rows.filter(public_id=public_id).first()
