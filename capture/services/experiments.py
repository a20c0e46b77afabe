"""A/B tests of forms and landing pages: what is copied, frozen at the start, and shown at the stop."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from capture.models import Form, LandingPage
from capture.services import forms, pages
from leadflow.blocks import services as blocks
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.experiments import services
from leadflow.experiments.models import Experiment, Variant
from leadflow.kit.clock import now
from leadflow.people.models import User

Tested = Form | LandingPage
KINDS: Mapping[str, type[Tested]] = {"form": Form, "page": LandingPage}
Goal = Experiment.Goal
GOALS: Mapping[str, tuple[Goal, ...]] = {
    "form": (Goal.SENT, Goal.LEAD, Goal.MQL, Goal.WON),
    "page": (Goal.SENT, Goal.CLICK, Goal.LEAD, Goal.MQL, Goal.WON),
}


def tested(experiment: Experiment) -> Tested:
    """The form or the page that an experiment is about."""
    model = KINDS[experiment.kind]
    found: Tested = model._default_manager.select_related("live").get(pk=experiment.subject_id)
    return found


def content_of(variant: Variant, document: Tested) -> Any:
    """What a variant shows: its version once it was started, until then its draft, and A what is live."""
    if variant.version:
        return document.versions.get(number=variant.version).content
    if variant.is_control and document.live is not None:
        return document.live.content
    return variant.draft


@transaction.atomic
def begin(*, document: Tested, by: User | None, at: datetime | None = None) -> Experiment:
    """Make variant B, a copy of what visitors see now. Raises Conflict where they see nothing yet."""
    if document.live is None:
        raise Conflict(_("Publish it first: variant A is what visitors see now."))
    return services.begin(
        kind=document.block_set, subject_id=document.pk, content=document.live.content,
        by=by, at=at, origin=document.origin,
    )  # fmt: skip


@transaction.atomic
def start(*, experiment: Experiment, by: User | None, at: datetime | None = None) -> Experiment:
    """Share visitors out among the variants from now on.

    Each becomes a version of the document, so that its answers name it. Raises Invalid with what is
    missing in a variant, or where one is the same as A; Conflict where visitors see no document.
    """
    at, locked = at or now(), services.locked_draft(experiment)
    document = tested(locked)
    if document.status != document.Status.PUBLISHED or document.live is None:
        raise Conflict(_("Publish it first: variant A is what visitors see now."))
    versions = {"a": document.live.number}
    for variant in locked.variants.exclude(key="a"):
        versions[variant.key] = _frozen(document, variant, by, at)
    services.start(experiment=locked, versions=versions, by=by, at=at)
    _told(Kind.EXPERIMENT_STARTED, document, "", by, at)
    return locked


def _frozen(document: Tested, variant: Variant, by: User | None, at: datetime) -> int:
    """The version that a variant becomes. A draft form on the variant of a page goes live along."""
    if document.live is not None and variant.draft == document.live.content:
        told = _("Variant %(name)s is the same as A. Change it, or remove it.")
        raise Invalid(told % {"name": variant.name})
    note = _("Variant %(name)s of an A/B test") % {"name": variant.name}
    try:
        version = blocks.set_beside(
            document=document, content=variant.draft, by=by, note=note, at=at
        )
        if isinstance(document, LandingPage):
            pages.publish_forms_on(version.content, by=by, at=at)
    except Invalid as refusal:
        reasons = {line for lines in refusal.fields.values() for line in lines}
        told = _("Variant %(name)s is not finished: %(why)s")
        words = told % {"name": variant.name, "why": " ".join(sorted(reasons)) or refusal.message}
        raise Invalid(words) from None
    return version.number


@transaction.atomic
def stop(
    *,
    experiment: Experiment,
    winner: Variant | None = None,
    by: User | None,
    at: datetime | None = None,
) -> Experiment:
    """Show everybody the winner from now on, as the next version; without one, or with A, A stays."""
    at = at or now()
    locked = services.stop(experiment=experiment, winner=winner, by=by, at=at)
    document = tested(locked)
    _told(Kind.EXPERIMENT_STOPPED, document, winner.name if winner else "A", by, at)
    if winner is not None and not winner.is_control and winner.version:
        _show(document, winner.version, by, at)
    return locked


def _show(document: Tested, number: int, by: User | None, at: datetime) -> None:
    if isinstance(document, Form):
        forms.rollback(form=document, number=number, by=by, at=at)
    else:
        pages.rollback(page=document, number=number, by=by, at=at)


def _told(kind: Kind, document: Tested, winner: str, by: User | None, at: datetime) -> None:
    data: dict[str, Any] = {"name": document.name, "winner": winner}
    record(kind, by=by, subject=document, data=data, at=at, origin=document.origin)
