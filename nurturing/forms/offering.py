"""Choosing the offer that a mail names."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from nurturing.services import offering


def _number(value: Any) -> int | None:
    return int(value) if str(value or "").isdigit() else None


def offer_field() -> forms.TypedChoiceField:
    """The field; `offer_offers` fills it when the form is made."""
    return forms.TypedChoiceField(
        label=_("Offer"),
        required=False,
        coerce=_number,
        empty_value=None,
        help_text=_(
            "Each reader is given it as the mail is written, with a code of their own where the offer has"
            " such. Who used it, and everybody once it is over, is left out."
        ),
    )


def offer_offers(field: Any, chosen: int | None) -> None:
    """The offers that can still come, and the one that is chosen."""
    known = offering.choices(chosen)
    field.choices = [("", _t("None")), *((str(pk), name) for pk, name in known)]
