"""What rules can ask about the library of content: who saw what, of which kind and about what."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from leadflow.assets.models import ContentItem, Reading
from leadflow.conditions.fields import register_events
from leadflow.conditions.grammar import EventKind, Field, Type
from leadflow.conditions.sql import Rows
from leadflow.models import BuyerStage, FunnelPosition

_MOST = 1_000


def install() -> None:
    """Let rules about leads ask what they saw; called once by apps.py."""
    register_events(
        EventKind("content.seen", _("Saw content"), _FIELDS, Rows(Reading, "lead", "seen_at"))
    )


def _items() -> Iterable[tuple[int, str]]:
    return ContentItem.objects.order_by("title", "pk").values_list("pk", "title")[:_MOST]


_FIELDS = (
    Field("item", _("Which"), Type.REFERENCE, choices_from=_items, sql="item_id"),
    Field("topic", _("Topic"), Type.TEXT, sql="item__topic"),
    Field("type", _("Type"), Type.CHOICE, choices=tuple(ContentItem.Kind.choices), sql="item__kind"),
    Field(
        "buyer_stage", _("Buyer stage"), Type.CHOICE, choices=tuple(BuyerStage.choices),
        sql="item__buyer_stage", ordered=True,
    ),
    Field(
        "funnel_position", _("Funnel position"), Type.CHOICE, choices=tuple(FunnelPosition.choices),
        sql="item__funnel_position", ordered=True,
    ),
)  # fmt: skip
