"""Quotes as pages read them, and the links by which customers do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext

from leadflow.kit import days, money, tokens
from leadflow.models import Activity, Lead, Organisation
from leadflow.people.models import User
from leadflow.services import hosts
from leadflow.web.templatetags.formats import money_exact, with_symbol
from pipeline import rules
from pipeline.models import Billing, Deal, Quote, QuoteVersion

_LINK = "quote.v1"


def token_of(version: QuoteVersion) -> str:
    """Knowing it is the permission to read and answer this version, and nothing else."""
    return tokens.sign(settings.SECRET_KEY, _LINK, version.public_id)


def public_url(version: QuoteVersion) -> str:
    """Where the customer reads and answers this version."""
    return f"{hosts.base_url()}/q/{token_of(version)}/"


def of_token(token: str) -> QuoteVersion | None:
    """The sent version that a link opens; None for a link that we did not make, and for a draft."""
    public_id = tokens.read(settings.SECRET_KEY, _LINK, token)
    if not public_id:
        return None
    rows = QuoteVersion.objects.select_related("quote__deal__owner", "answer")
    sent = rows.exclude(state=QuoteVersion.State.DRAFT).filter(quote__deal__deleted_at=None)
    return sent.filter(public_id=public_id).first()


def latest(quote: Quote) -> QuoteVersion:
    """The newest version, draft or not."""
    return quote.versions.select_related("quote__deal").latest("number")


def versions_of(quote: Quote) -> list[QuoteVersion]:
    """All versions, the newest first, with their answers."""
    rows = quote.versions.select_related("answer", "sent_by", "created_by")
    return list(rows.order_by("-number"))


def of_deal(deal: Deal) -> list[QuoteVersion]:
    """The newest version of each quote of a deal, the newest quote first."""
    rows = QuoteVersion.objects.filter(quote__deal=deal).select_related("quote", "answer")
    return list(rows.order_by("-quote", "-number").distinct("quote"))


def accepted_of(deal: Deal) -> QuoteVersion | None:
    """What the customer accepted last on this deal."""
    rows = QuoteVersion.objects.filter(quote__deal=deal, state=QuoteVersion.State.ACCEPTED)
    return rows.select_related("quote", "answer").order_by("-answer__at").first()


@dataclass(frozen=True)
class Pending:
    """A quote that wants something of the owner of its deal; `signer` accepted it, where somebody did."""

    pk: int
    number: str
    lead: Lead | None
    deal_name: str
    deal_url: str
    valid_until: date
    signer: str = ""


def accepted_by(user: User, most: int) -> list[Pending]:
    """Accepted quotes on her own open deals, the first accepted first: what is left is to close them."""
    rows = _on_open_deals(user).filter(state=QuoteVersion.State.ACCEPTED).select_related("answer")
    return [_pending(row, row.answer.name) for row in rows.order_by("answer__at", "pk")[:most]]


def running_out(user: User, first: date, last: date, most: int) -> list[Pending]:
    """Sent quotes on her own open deals whose last day lies between these and that nobody answered."""
    rows = _on_open_deals(user).filter(
        state=QuoteVersion.State.SENT, valid_until__range=(first, last)
    )
    return [_pending(row) for row in rows.order_by("valid_until", "pk")[:most]]


FOLLOW_UP = timedelta(days=7)


def left_alone(at: datetime) -> QuerySet[QuoteVersion]:
    """Quotes without an answer on which nobody followed up in the week after they were sent.

    Whether the customer opened one is not recorded. A deal that was closed in that week missed nothing.
    """
    lies = [QuoteVersion.State.SENT, QuoteVersion.State.EXPIRED]
    sent = QuoteVersion.objects.filter(
        state__in=lies, sent_at__lt=at - FOLLOW_UP, answer=None, quote__deal__deleted_at=None
    ).annotate(ref=Concat(Value("deal:"), Cast("quote__deal_id", CharField())))
    touches = Activity.objects.touches().after("sent_at", within=FOLLOW_UP)
    closed = Q(quote__deal__won_at__lt=F("sent_at") + FOLLOW_UP) | Q(
        quote__deal__lost_at__lt=F("sent_at") + FOLLOW_UP
    )
    return sent.exclude(
        Exists(touches.filter(lead=OuterRef("quote__deal__lead")))
        | Exists(touches.filter(subject_ref=OuterRef("ref")))
    ).exclude(closed)


def _on_open_deals(user: User) -> QuerySet[QuoteVersion]:
    deals = Deal.objects.visible_to(user).open().filter(owner=user)
    return QuoteVersion.objects.filter(quote__deal__in=deals).select_related(
        "quote__deal__lead__company", "quote__deal__lead__score"
    )


def _pending(version: QuoteVersion, signer: str = "") -> Pending:
    deal = version.quote.deal
    return Pending(
        pk=version.pk,
        number=str(version.quote),
        lead=deal.lead,
        deal_name=deal.name,
        deal_url=deal.get_absolute_url(),
        valid_until=version.valid_until,
        signer=signer,
    )


def paper(version: QuoteVersion) -> dict[str, Any]:
    """All that stands on the document, as words: the page and the PDF show the same."""
    us, totals, code = Organisation.current(), version.totals, version.currency
    # the customer's page has no reader of ours, by whom the pattern would be held
    written = us.date_format if us.date_format in days.PATTERNS else days.STANDARD
    address = [line.strip() for line in us.postal_address.splitlines() if line.strip()]
    return {
        "number": str(version.quote),
        "version": version.number,
        "recipient": version.recipient,
        "day": date_format(timezone.localtime(version.sent_at or version.created_at), written),
        "valid_until": date_format(version.valid_until, written),
        "words": version.words,
        "terms": version.terms,
        "rows": list(_rows(version)),
        "has_discount": any(row.line.discount for row in totals.lines),
        "has_tax": bool(totals.by_rate),
        "net": money_exact(totals.net, code),
        "taxes": [
            (f"{rate.normalize():f}", money_exact(sum_, code)) for rate, sum_ in totals.by_rate
        ],
        "gross": money_exact(totals.gross, code),
        "organisation": us.name,
        "legal": ", ".join([us.legal_name or us.name, *address]),
        "colour": us.colour,
        "lang": us.language[:2],
    }


def _rows(version: QuoteVersion) -> Iterable[dict[str, str]]:
    for row in version.totals.lines:
        line = row.line
        yield {
            "text": line.text,
            "term": _term(line),
            "quantity": f"{line.quantity.normalize():f}",
            "price": _unit_price(line.price, version.currency),
            "discount": f"{line.discount.normalize():f}" if line.discount else "",
            "tax": f"{line.tax.normalize():f}" if line.tax else "",
            "net": money_exact(row.net, version.currency),
        }


def _term(line: rules.QuoteLine) -> str:
    """How a price that is paid again and again is paid: each month, for 24 months."""
    if line.billing == Billing.ONCE:
        return ""
    words = ngettext(
        "paid %(each)s, for %(count)s month", "paid %(each)s, for %(count)s months", line.term
    )
    return words % {"each": Billing(line.billing).label, "count": line.term}


def _unit_price(price: Decimal, currency: str) -> str:
    """With all the decimals that were typed, at least those of the currency."""
    typed = -int(price.normalize().as_tuple().exponent)
    return with_symbol(price, currency, max(money.exponent(currency), typed))
