"""How far a quote may go below its list prices: the limit of who sends it, or what was approved."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from leadflow.approvals import services as approvals
from leadflow.approvals.models import Approval
from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.people.models import User
from pipeline.models import Quote, QuoteVersion
from pipeline.selectors.negotiation import limit_for


@dataclass(frozen=True)
class Leeway:
    """The discount of a version against what may be given, in per cent; no `limit` means no end."""

    discount: Decimal
    limit: Decimal | None
    approved: Decimal | None = None
    waiting: Approval | None = None

    @property
    def is_within(self) -> bool:
        """Whether it may go out as it is."""
        if self.limit is None:
            return True
        return self.discount <= max(self.limit, self.approved or self.limit)


def leeway(version: QuoteVersion, user: User | None) -> Leeway:
    """What this version gives, and what its quote may in her hands."""
    asked = Approval.objects.filter(kind=Approval.Kind.DISCOUNT, reference=ref(version.quote))
    return Leeway(
        discount=version.discount,
        limit=limit_for(version.quote.deal.pipeline, user),
        approved=asked.approved().aggregate(most=Max("amount"))["most"],
        waiting=asked.waiting(clock.now()).first(),
    )


def ref(quote: Quote) -> str:
    """How an approval names a quote."""
    return f"quote:{quote.pk}"


def refuse_unapproved(version: QuoteVersion, by: User | None) -> None:
    """Raise Conflict where more is given than she may and than anybody approved."""
    one = leeway(version, by)
    if one.is_within:
        return
    told = {"given": _plain(one.discount), "limit": _plain(one.limit or Decimal())}
    raise Conflict(
        _("A discount of %(given)s %% needs approval: %(limit)s %% are free. Ask for it first.")
        % told
    )


@transaction.atomic
def ask(version: QuoteVersion, *, reason: str, by: User, at: datetime | None = None) -> Approval:
    """Ask for the discount of a draft. Raises Conflict where none is needed."""
    one, quote = leeway(version, by), version.quote
    if version.state != QuoteVersion.State.DRAFT or one.limit is None or one.is_within:
        raise Conflict(_("This quote needs no approval."))
    told = {"given": _plain(one.discount), "number": quote, "deal": quote.deal.name}
    return approvals.ask(
        kind=Approval.Kind.DISCOUNT,
        reference=ref(quote),
        url=quote.get_absolute_url(),
        sentence=_("%(given)s %% discount on quote %(number)s, %(deal)s") % told,
        amount=one.discount,
        limit=one.limit,
        owner=quote.deal.owner,
        team=quote.deal.team,
        by=by,
        reason=reason,
        at=at,
        origin=quote.origin,
    )


def _plain(per_cent: Decimal) -> str:
    """18.00 -> 18, as people say it."""
    return f"{per_cent.normalize():f}"
