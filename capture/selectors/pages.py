"""What the screens of landing pages read."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, FloatField, Max, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from capture.models import FormerAddress, LandingPage, PageDay, Submission
from leadflow.people.models import User


def pages_of(user: User) -> QuerySet[LandingPage]:
    """Pages with their figures: views, answers that count, conversion, the last answer."""
    days = PageDay.objects.filter(page=OuterRef("pk")).order_by().values("page")
    came = Submission.objects.filter(page=OuterRef("pk")).counted().order_by().values("page")
    return (
        LandingPage.objects.visible_to(user)
        .annotate(
            views=Coalesce(Subquery(days.annotate(n=Sum("views")).values("n")), Value(0)),
            answers=Coalesce(Subquery(came.annotate(n=Count("pk")).values("n")), Value(0)),
            last_answer_at=Subquery(came.annotate(at=Max("received_at")).values("at")),
        )
        .annotate(
            conversion=Cast(F("answers"), FloatField())
            / NullIf(Cast(F("views"), FloatField()), Value(0.0))
        )
        .select_related("live", "campaign")
    )


def page_at(slug: str) -> LandingPage | None:
    """The live page of that address, with all that showing it needs."""
    rows = LandingPage.objects.published().select_related("live", "source", "campaign")
    return rows.filter(slug=slug).first()


def moved_to(slug: str) -> LandingPage | None:
    """Where a page is now that once had this address."""
    row = FormerAddress.objects.filter(slug=slug).select_related("page").first()
    return row.page if row else None


def page_by_code(code: str) -> LandingPage | None:
    """The live page of that public id; a post names the page that it came from by it."""
    return LandingPage.objects.published().filter(public_id=code).first()


def content_of(page: LandingPage, number: int) -> dict[str, Any]:
    """What a version of the page says."""
    if page.live and page.live.number == number:
        return dict(page.live.content)
    return dict(page.versions.get(number=number).content)


def listed(at: datetime) -> list[LandingPage]:
    """The pages that search engines may list."""
    rows = LandingPage.objects.listed(at).select_related("live").order_by("pk")
    return [row for row in rows if row.live and not row.live.content["settings"].get("is_hidden")]
