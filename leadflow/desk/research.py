"""The research checklist of a lead or a company, as its page shows it."""

from dataclasses import dataclass

from leadflow.models import Company, Lead, ResearchCheck, ResearchItem
from leadflow.services.research import subject_of


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to find out, and what was; `check` is None where nobody has yet."""

    item: ResearchItem
    check: ResearchCheck | None


@dataclass(frozen=True)
class Checklist:
    """All lines in their order."""

    lines: list[Line]

    @property
    def done(self) -> int:
        """How many are ticked."""
        return sum(line.check is not None for line in self.lines)

    @property
    def percent(self) -> int:
        """For the bar."""
        return round(100 * self.done / len(self.lines)) if self.lines else 0


def checklist_of(about: Lead | Company) -> Checklist:
    """What is on offer, and whatever was ticked when it still was; two queries."""
    checks = {
        row.item_id: row for row in about.research.select_related("item", "by").order_by("item__pk")
    }
    offered = ResearchItem.objects.filter(subject=subject_of(about), is_archived=False)
    items = list(offered)
    known = {item.pk for item in items}
    items += [row.item for pk, row in checks.items() if pk not in known]
    return Checklist([Line(item, checks.get(item.pk)) for item in items])


def item_of(about: Lead | Company, pk: int) -> ResearchItem | None:
    """A line of her list, or of the company's."""
    return ResearchItem.objects.filter(subject=subject_of(about), pk=pk).first()
