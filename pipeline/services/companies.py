"""What the pipeline holds about companies follows them when they turn out to be one."""

from collections.abc import Collection

from leadflow.models import CompanyMerge, Customer
from pipeline.models import Conversion, Deal, Order, Subscription
from pipeline.models.deal import OPEN
from pipeline.services import deals


def with_open_deals(company_ids: Collection[int]) -> set[int]:
    """Which of these companies have deals that are not decided yet; they are not thrown away."""
    rows = Deal.objects.filter(OPEN, company__in=company_ids).order_by()
    return {pk for pk in rows.values_list("company_id", flat=True).distinct() if pk}


def follow_merge(made: CompanyMerge) -> None:
    """Move what belonged to the second company to where it belongs now; may be called again."""
    here, there = made.loser, made.survivor
    if made.undone_at:
        here, there = there, here
    ids = made.moved.get("pipeline.deal.company_id", [])
    mine = Deal.objects.filter(pk__in=ids, company=here).values_list("pk", flat=True)
    deals.follow_company(deal_ids=list(mine), keep=there, at=made.undone_at or made.at)
    closed = made.moved.get("pipeline.conversion.company_id", [])
    Conversion.objects.filter(pk__in=closed, company=here).update(company=there)
    _follow_customers(made)


def _follow_customers(made: CompanyMerge) -> None:
    """Where both were customers, what the second one bought is the survivor's."""
    rows = {
        row["company_id"]: int(pk) for pk, row in made.before.get("leadflow.customer", {}).items()
    }
    keep, drop = rows.get(made.survivor_id), rows.get(made.loser_id)
    if keep is None or drop is None:
        return
    here, there = (keep, drop) if made.undone_at else (drop, keep)
    customer = Customer.objects.get(pk=there)
    for model in (Order, Subscription):
        bought = made.moved.get(f"pipeline.{model._meta.model_name}.customer_id", [])
        model.objects.filter(pk__in=bought, customer=here).update(customer=customer)
