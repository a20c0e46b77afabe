"""What can happen to designs, to what the team shares of them, and to the brand kit."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.blocks import documents, registry
from leadflow.blocks import services as blocks
from leadflow.blocks.schema import BlockSet, Starter
from leadflow.conditions import fields
from leadflow.conditions.language import Type
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail.design import checking
from leadflow.mail.design.blocks import MAIL_BLOCKS, TYPES
from leadflow.mail.design.rendering import compiled
from leadflow.mail.design.starts import STARTS
from leadflow.mail.merge_fields import offered
from leadflow.mail.models import MailBrand, MailDesign, MailDesignVersion, MailSnippet
from leadflow.models import CustomField, Origin
from leadflow.people.models import User
from leadflow.services.organisation import save_object

MOST_SNIPPET = 30


def install() -> None:
    """Make the block set known, with its checks; called once by apps.py."""
    registry.register(MAIL_BLOCKS, fitting=_fitted)
    checking.install()


def _fitted(_document: Any) -> BlockSet:
    """The set with what the team shares and what rules may ask, as they are now."""
    return replace(
        MAIL_BLOCKS, starters=_snippets(), given=tuple(_askable()), merges=merge_choices()
    )


def _snippets() -> tuple[Starter, ...]:
    return tuple(
        Starter(
            f"snippet-{row.pk}", row.name, "copy", "snippets", row.blocks[0]["type"], {}, blocks=row.blocks
        )
        for row in MailSnippet.objects.all()
        if row.blocks
    )  # fmt: skip


def _askable() -> list[dict[str, Any]]:
    """Fields of leads for the rules of blocks; none that is private, since a rule tells it letter by letter."""
    known = fields.catalogue("lead").fields.values()
    return [
        {
            "name": one.key,
            "label": str(one.label),
            "group": str(one.group),
            "logic": str(one.type),
            "options": [{"value": key, "label": str(label)} for key, label in one.options()],
        }
        for one in sorted(
            known, key=lambda one: one.type == Type.CHOICE and one.key == "lead.stage"
        )
        if not one.sensitivity
    ]


def merge_choices() -> tuple[tuple[str, str], ...]:
    """(words, what is inserted): fields that texts may hold, each with a fallback to fill in."""
    asked: tuple[tuple[str, str, str], ...] = (
        ("lead.first_name", _("First name"), _("there")),
        ("lead.last_name", _("Last name"), ""),
        ("lead.job_title", _("Job title"), _("your role")),
        ("company.name", _("Company"), _("your company")),
        ("company.industry", _("Industry"), _("your field")),
        ("lead.city", _("City"), _("your town")),
        ("owner.name", _("Owner"), _("our team")),
        ("organisation.name", _("Our name"), ""),
    )
    own = CustomField.objects.filter(subject="lead").order_by("label")
    asked += tuple(
        (f"lead.custom.{key}", label, "") for key, label in own.values_list("key", "label")
    )
    asked += tuple((path, label, "") for label, path in offered())
    return tuple(
        (str(label), f'{{{{ {path} | default: "{other}" }}}}' if other else f"{{{{ {path} }}}}")
        for path, label, other in asked
    )


# --- designs -------------------------------------------------------------------------------------------


@transaction.atomic
def create(
    *,
    name: str,
    start: str = "blank",
    by: User | None,
    content: documents.Content | None = None,
    origin: str = Origin.LIVE,
    at: datetime | None = None,
) -> MailDesign:
    """Make a draft from a template of the gallery, or from other content. Raises Invalid for a start that
    there is not."""
    if start not in STARTS:
        raise Invalid(_("There is no such template."))
    begun = STARTS[start]
    if content is not None:
        _refuse_shape(content)
    return MailDesign.objects.create(
        name=(name.strip() or str(begun.name))[:120],
        draft=documents.normalised(content or begun.content(), MAIL_BLOCKS),
        origin=origin,
        created_at=at or clock.now(),
        created_by=by,
    )


def _refuse_shape(content: documents.Content) -> None:
    wrong = documents.shape_problems(content, MAIL_BLOCKS)
    if wrong:
        raise Invalid(wrong[0].message, {one.path: [one.message] for one in wrong})


@transaction.atomic
def rename(*, design: MailDesign, name: str, by: User | None) -> MailDesign:  # noqa: ARG001
    """Call it something else. Raises Invalid without a name."""
    if not name.strip():
        raise Invalid(_("Give the design a name."), {"name": [_("Give the design a name.")]})
    design.name = name.strip()[:120]
    design.save(update_fields=["name"])
    return design


@transaction.atomic
def publish(
    *,
    design: MailDesign,
    by: User | None,
    revision: int | None = None,
    at: datetime | None = None,
) -> MailDesignVersion:
    """Freeze the draft and lay it out, once. Who uses the design keeps the version that she took over.

    Raises Invalid with a message per problem, StaleVersion for a draft that she did not see.
    """
    if design.archived_at:
        raise Conflict(_("This design was put away. Bring it back first."))
    made = blocks.publish(document=design, by=by, revision=revision, at=at)
    return _laid_out(made, by=by, at=at)


@transaction.atomic
def rollback(
    *, design: MailDesign, number: int, by: User | None, at: datetime | None = None
) -> MailDesignVersion:
    """Publish an older version again, laid out as the brand kit is now."""
    made = blocks.rollback(document=design, number=number, by=by, at=at)
    return _laid_out(made, by=by, at=at, rolled_back=True)


def _laid_out(
    made: Any, *, by: User | None, at: datetime | None, rolled_back: bool = False
) -> MailDesignVersion:
    version: MailDesignVersion = made
    version.programs = compiled(version.content).as_json()
    version.save(update_fields=["programs"])
    told = {"name": version.document.name, "number": version.number, "rolled_back": rolled_back}
    record(Kind.DESIGN_PUBLISHED, by=by, subject=version.document, data=told, at=at)
    return version


@transaction.atomic
def copy(*, design: MailDesign, by: User | None, at: datetime | None = None) -> MailDesign:
    """A new draft with the same blocks."""
    name = _("%(name)s (copy)") % {"name": design.name[:110]}
    return create(name=name, by=by, content=design.draft, at=at)


@transaction.atomic
def put_away(*, design: MailDesign, by: User | None, at: datetime | None = None) -> MailDesign:  # noqa: ARG001
    """Offer it no longer; what uses it goes on with what it took over."""
    design.archived_at = at or clock.now()
    design.save(update_fields=["archived_at"])
    return design


@transaction.atomic
def bring_back(*, design: MailDesign, by: User | None) -> MailDesign:  # noqa: ARG001
    """Offer it again."""
    design.archived_at = None
    design.save(update_fields=["archived_at"])
    return design


def choosable() -> list[tuple[int, str]]:
    """(id, name) of the designs that a step or a broadcast may use: published, not put away."""
    rows = MailDesign.objects.living().filter(live__isnull=False).order_by("name")
    return list(rows.values_list("pk", "name"))


def live_of(pk: Any) -> MailDesignVersion | None:
    """The published version of a design; None where there is none."""
    if not isinstance(pk, int):
        return None
    row = MailDesign.objects.select_related("live").filter(pk=pk, live__isnull=False).first()
    return row.live if row else None


# --- snippets and brand ------------------------------------------------------------------------------------


@transaction.atomic
def save_snippet(
    *,
    design: MailDesign,
    blocks_chosen: Collection[str],
    name: str,
    by: User | None,
    at: datetime | None = None,
) -> MailSnippet:
    """Keep some blocks of a design for the team, in their order. Raises Invalid without a name or blocks."""
    chosen = [row for row in documents.blocks(design.draft) if row["id"] in blocks_chosen]
    if not chosen or len(chosen) > MOST_SNIPPET:
        sentence = _("Choose between 1 and %(most)d blocks.") % {"most": MOST_SNIPPET}
        raise Invalid.at("blocks", sentence)
    title = name.strip()[:80]
    taken = MailSnippet.objects.filter(name=title).exists()
    if not title or taken:
        sentence = _("There is a snippet of that name.") if taken else _("Give it a name.")
        raise Invalid.at("name", sentence)
    return MailSnippet.objects.create(
        name=title, blocks=chosen, created_at=at or clock.now(), created_by=by
    )


@transaction.atomic
def drop_snippet(*, snippet: MailSnippet, by: User | None) -> None:  # noqa: ARG001
    """Offer it no longer; designs that hold its blocks keep them."""
    snippet.delete()


@transaction.atomic
def save_brand(*, values: Mapping[str, Any], by: User | None) -> MailBrand:
    """Change the brand kit; designs take it over when they are published next."""
    row, _made = MailBrand.objects.get_or_create(pk=1)
    save_object(row=row, values=values, by=by)
    return row


def block(kind: str, **props: Any) -> dict[str, Any]:
    """One block of a mail, by its type's name."""
    return documents.block(next(one for one in TYPES if one.key == kind), **props)
