"""Quotes: written, sent, answered, run out. What was sent never changes; a change is the next version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, text
from leadflow.mail.models import Delivery
from leadflow.mail.services import queue
from leadflow.models import Organisation, Origin
from leadflow.notifications.models import Notice
from leadflow.notifications.services import tell
from leadflow.people.models import User
from pipeline.models import (
    Billing,
    Deal,
    Product,
    Quote,
    QuoteAnswer,
    QuoteCounter,
    QuoteVersion,
)
from pipeline.selectors import quotes as reading
from pipeline.services import quote_discounts

State = QuoteVersion.State
OUT = (State.SENT, State.ACCEPTED)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line as somebody typed it, or as it stood on the deal."""

    text: str
    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    product: Product | None = None
    billing: str = Billing.ONCE
    term_months: int | None = None


@transaction.atomic
def start(
    *, deal: Deal, by: User | None, at: datetime | None = None, origin: str = Origin.LIVE
) -> QuoteVersion:
    """A new quote of a deal, its first version a draft of what the deal's lines say now."""
    at = at or clock.now()
    _refuse_closed(deal)
    us = Organisation.current()
    today = _day(at, us)
    quote = Quote.objects.create(
        deal=deal, year=today.year, number=_next_number(today.year), created_at=at,
        created_by=by, origin=origin,
    )  # fmt: skip
    return QuoteVersion.objects.create(
        quote=quote,
        number=1,
        public_id=uuid4().hex,
        recipient=_recipient(deal),
        currency=deal.currency,
        valid_until=today + timedelta(days=us.quote_days),
        terms=us.quote_terms,
        lines=[_stored(line, deal.currency) for line in _lines_of(deal, us.tax_rate)],
        created_at=at,
        created_by=by,
    )


def _refuse_closed(deal: Deal) -> None:
    if not deal.is_open:
        raise Conflict(_("This deal is closed. Open it again first."))


def _next_number(year: int) -> int:
    QuoteCounter.objects.get_or_create(year=year)
    counter = QuoteCounter.objects.select_for_update().get(year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def _day(at: datetime, us: Organisation) -> date:
    return at.astimezone(ZoneInfo(us.time_zone)).date()


def _recipient(deal: Deal) -> str:
    parts = [deal.company.name if deal.company else "", deal.lead.name if deal.lead else ""]
    return text.one_line(", ".join(part for part in parts if part))[:300]


def _lines_of(deal: Deal, tax: Decimal) -> list[Line]:
    """The deal's lines; a deal without any is one line of its amount."""
    rows = [
        Line(
            text=row.text or str(row.product), quantity=row.quantity, price=row.price,
            discount=row.discount, tax=tax if row.tax is None else row.tax, product=row.product,
            billing=row.billing, term_months=row.term_months,
        )
        for row in deal.lines.select_related("product")
    ]  # fmt: skip
    if not rows and deal.amount is not None:
        rows = [Line(text=deal.name, quantity=Decimal(1), price=deal.amount, tax=tax)]
    return rows


def _stored(line: Line, currency: str) -> dict[str, Any]:
    product = line.product
    listed = product.price if product and product.currency == currency else None
    again = {"billing": str(line.billing), "term_months": line.term_months or 12}
    return {
        "product": product.pk if product else None,
        "text": text.one_line(line.text)[:200],
        "list_price": None if listed is None else _plain(listed),
        **{key: _plain(getattr(line, key)) for key in ("quantity", "price", "discount", "tax")},
        **(again if line.billing != Billing.ONCE else {}),
    }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


@transaction.atomic
def edit(
    version: QuoteVersion, *, values: dict[str, Any], lines: Sequence[Line], by: User | None
) -> QuoteVersion:
    """Write a draft anew. Raises Conflict once it was sent, Invalid for what no quote may hold."""
    del by  # a draft is nobody's fact yet
    row = _locked(version)
    if row.state != State.DRAFT:
        raise Conflict(_("This version was sent and stays as it is. Make the next version."))
    if not lines:
        raise Invalid(_("A quote needs a line."))
    row.recipient = text.one_line(values["recipient"])[:300]
    row.valid_until = values["valid_until"]
    row.words, row.terms = text.clean(values["words"]), text.clean(values["terms"])
    row.lines = [_stored(line, row.currency) for line in lines]
    row.save(update_fields=["recipient", "valid_until", "words", "terms", "lines"])
    return row


def _locked(version: QuoteVersion) -> QuoteVersion:
    """The version's present row; whoever sends or answers any version of its quote waits."""
    Quote.objects.select_for_update().get(pk=version.quote_id)
    return QuoteVersion.objects.select_related("quote__deal__lead", "quote__deal__owner").get(
        pk=version.pk
    )


@transaction.atomic
def revise(*, quote: Quote, by: User | None, at: datetime | None = None) -> QuoteVersion:
    """The next version, a draft with the contents of the last; the last holds until this is sent."""
    at = at or clock.now()
    Quote.objects.select_for_update().get(pk=quote.pk)
    last = reading.latest(quote)
    if last.state == State.DRAFT:
        return last
    if last.state == State.ACCEPTED:
        raise Conflict(_("The customer accepted this quote. Start a new one for what comes next."))
    _refuse_closed(quote.deal)
    us = Organisation.current()
    last.pk, last.number, last.state = None, last.number + 1, State.DRAFT
    last.public_id, last.content_hash = uuid4().hex, ""
    last.created_at, last.created_by = at, by
    last.sent_at, last.sent_by, last.sent_to = None, None, ""
    last.valid_until = max(last.valid_until, _day(at, us) + timedelta(days=us.quote_days))
    last.save(force_insert=True)
    return last


@transaction.atomic
def send(
    version: QuoteVersion,
    *,
    by: User | None,
    email: str = "",
    note: str = "",
    at: datetime | None = None,
) -> QuoteVersion:
    """Give a draft to the customer: from now on it never changes, and an older one is replaced.

    With an address a mail carries the link. Records `quote.sent`. Raises Conflict for what may not
    go out, Invalid for an address that is none.
    """
    at = at or clock.now()
    row = _locked(version)
    _refuse_sending(row, by, at)
    row.quote.versions.filter(state=State.SENT).update(state=State.REPLACED)
    row.state, row.sent_at, row.sent_by, row.sent_to = State.SENT, at, by, email
    row.content_hash = row.fingerprint()
    row.save(update_fields=["state", "sent_at", "sent_by", "sent_to", "content_hash"])
    if email:
        _mail(row, note, by, at)
    _record(Kind.QUOTE_SENT, row, by=by, at=at)
    return row


def _refuse_sending(version: QuoteVersion, by: User | None, at: datetime) -> None:
    if version.state != State.DRAFT:
        raise Conflict(_("This version was sent already."))
    _refuse_closed(version.quote.deal)
    if not version.lines:
        raise Conflict(_("This quote has no lines. Add one first."))
    if version.valid_until < _day(at, Organisation.current()):
        raise Conflict(_("Its last day is over. Edit the quote and set a day to come."))
    quote_discounts.refuse_unapproved(version, by)


def _mail(version: QuoteVersion, note: str, by: User | None, at: datetime) -> None:
    us, deal = Organisation.current(), version.quote.deal
    with override(us.language):
        words = {
            "us": us.name,
            "number": version.quote,
            "day": date_format(version.valid_until, "DATE_FORMAT"),
            "url": reading.public_url(version),
        }
        subject = _("Quote %(number)s from %(us)s") % words
        body = _("Here is our quote. Read it, accept it or decline it: %(url)s") % words
        foot = _("It holds until %(day)s.") % words
    parts = [text.clean(note).strip(), body, foot, f"-- \n{by.name if by else us.name}\n{us.name}"]
    queue(
        key=f"quote:{version.pk}",
        kind=Delivery.Kind.ESSENTIAL,
        to=version.sent_to,
        subject=subject,
        text="\n\n".join(part for part in parts if part),
        lead_id=deal.lead_id,
        by=by,
        due_at=at,
        origin=version.quote.origin,
    )


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Who answers, and from where: the proof beside the answer."""

    name: str
    ip: str | None = None
    user_agent: str = ""


@transaction.atomic
def answer(
    version: QuoteVersion,
    *,
    is_accepted: bool,
    signature: Signature,
    reason: str = "",
    at: datetime | None = None,
) -> QuoteAnswer:
    """The customer accepts or declines, once; the proof is kept, the deal's owner is told.

    Records `quote.accepted` or `quote.declined`. Raises Conflict, in her words, for a version that is
    answered, replaced or run out.
    """
    at = at or clock.now()
    row = _locked(version)
    _refuse_answer(row, at)
    name = text.one_line(signature.name)[:200]
    if is_accepted and not name:
        raise Invalid(_("Type your name."), {"name": [_("Type your name.")]})
    row.state = State.ACCEPTED if is_accepted else State.DECLINED
    row.save(update_fields=["state"])
    made = QuoteAnswer.objects.create(
        version=row, is_accepted=is_accepted, name=name, reason=text.clean(reason).strip()[:2000],
        at=at, ip=signature.ip, user_agent=text.one_line(signature.user_agent)[:300],
        content_hash=row.content_hash,
    )  # fmt: skip
    kind = Kind.QUOTE_ACCEPTED if is_accepted else Kind.QUOTE_DECLINED
    _record(kind, row, by=None, at=at, reason=made.reason[:200])
    _tell(row, made)
    return made


def _refuse_answer(version: QuoteVersion, at: datetime) -> None:
    sentences = {
        State.DRAFT: _("This quote is not ready yet."),
        State.REPLACED: _("A newer version of this quote replaced it. Use the newer link."),
        State.ACCEPTED: _("This quote is accepted already."),
        State.DECLINED: _("This quote was declined. Ask us for a new one."),
    }
    if has_run_out(version, at):
        raise Conflict(_("This quote has run out. Ask us for a new one."))
    if version.state != State.SENT:
        raise Conflict(sentences[State(version.state)])


def has_run_out(version: QuoteVersion, at: datetime) -> bool:
    """Whether its last day is over and nobody answered, be it marked or not yet."""
    if version.state == State.EXPIRED:
        return True
    late = version.valid_until < _day(at, Organisation.current())
    return version.state == State.SENT and late


def _tell(version: QuoteVersion, made: QuoteAnswer) -> None:
    deal = version.quote.deal
    if deal.owner is None:
        return
    with override(deal.owner.language):
        sentence = (
            _("%(who)s accepted the quote %(number)s of %(deal)s")
            if made.is_accepted
            else _("The quote %(number)s of %(deal)s was declined")
        ) % {"who": made.name, "number": version.quote, "deal": deal.name}
    tell(
        deal.owner,
        f"quote:{version.pk}:answered",
        kind=Notice.QUOTE_ANSWERED,
        sentence=sentence,
        url=version.quote.get_absolute_url(),
        lead_id=deal.lead_id,
        at=made.at,
        origin=version.quote.origin,
    )


@transaction.atomic
def expire_due(*, at: datetime | None = None) -> int:
    """Mark what ran out without an answer; how many. Nobody can accept it from its last midnight on,
    marked or not."""
    today = _day(at or clock.now(), Organisation.current())
    due = QuoteVersion.objects.filter(state=State.SENT, valid_until__lt=today)
    return due.update(state=State.EXPIRED)


def _record(
    kind: Kind, version: QuoteVersion, *, by: User | None, at: datetime, reason: str = ""
) -> None:
    deal = version.quote.deal
    record(
        kind,
        lead_id=deal.lead_id,
        by=by,
        subject=deal,
        data={
            "quote": version.quote_id,
            "version": version.number,
            "title": str(version.quote),
            "deal": deal.pk,
            "amount": str(version.totals.gross),
            "currency": version.currency,
            "reason": reason,
        },
        at=at,
        origin=version.quote.origin,
    )
