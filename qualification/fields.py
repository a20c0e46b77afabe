"""What rules may ask about budget, authority, need and timing."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from leadflow.conditions.fields import Field, Type, register
from qualification.models import VALUES, BantAnswer, Letter

# Who she is has no order: a champion is not less than a buyer.
UNORDERED = (Letter.AUTHORITY,)


def install() -> None:
    """Make them part of the catalogue; called once by apps.py."""
    register(*_letters())


def _letters() -> Iterator[Field]:
    for letter in Letter:
        yield Field(
            f"bant.{letter}",
            letter.label,
            Type.CHOICE,
            choices=tuple(VALUES[letter].choices),
            ordered=letter not in UNORDERED,
            sql=_answer(letter),
            history=True,
            group=_("BANT"),
        )


def _answer(letter: str) -> Callable[[], Any]:
    """Her newest answer; who was never asked is unknown, which is a value and not a no."""

    def newest() -> Any:
        rows = BantAnswer.objects.filter(lead=OuterRef("pk"), letter=letter)
        latest = rows.order_by("-cycle__number").values("value")[:1]
        return Coalesce(Subquery(latest), Value("unknown"))

    return newest
