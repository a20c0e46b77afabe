"""A quote on paper: the same words as the page, set by Typst."""

from typing import Any

from django.template.loader import get_template
from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.kit import pdf
from leadflow.models import Organisation
from pipeline.models import QuoteVersion
from pipeline.selectors import quotes as reading


def as_pdf(version: QuoteVersion) -> bytes:
    """The PDF of a version, in the organisation's language and colour."""
    template: Any = get_template("pipeline/quote.typ")
    with override(Organisation.current().language):
        data = reading.paper(version) | {"labels": _labels()}
        return pdf.render(template.template.source, data)


def _labels() -> dict[str, str]:
    return {
        "quote": _("Quote"), "for": _("For"), "day": _("Date"), "until": _("Valid until"),
        "version": _("Version"), "what": _("What"), "quantity": _("Quantity"),
        "price": _("Price"), "discount": _("Discount"), "tax": _("Tax"), "sum": _("Sum"),
        "net": _("Without tax"), "total": _("Total"), "terms": _("Terms"),
    }  # fmt: skip
