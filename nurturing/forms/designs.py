"""Choosing the design of a mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.mail.design import services as designs
from leadflow.mail.models import MailDesign


def number(value: Any) -> int | None:
    """The id as the document keeps it; none for simple text."""
    return int(value) if str(value or "").isdigit() else None


def design_field() -> forms.TypedChoiceField:
    """The field; `offer_designs` fills it when the form is made."""
    return forms.TypedChoiceField(
        label=_("Design"),
        required=False,
        coerce=number,
        empty_value=None,
        widget=forms.Select({"data-reload": ""}),  # the pane asks other things of a designed mail
        help_text=_("Designs that were published, under Mail designs."),
    )


def offer_designs(field: Any, chosen: int | None) -> None:
    """The designs that may be used, and the one that is."""
    known = designs.choosable()
    if chosen and chosen not in dict(known):
        row = MailDesign.objects.filter(pk=chosen).first()
        known += [(chosen, row.name)] if row else []
    field.choices = [("", _t("None: simple text")), *((str(pk), name) for pk, name in known)]
