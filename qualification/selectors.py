"""Questions about what is known of leads, for screens that show several stages."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from leadflow.models import BuyingRole, Lead, LeadCycle
from qualification.models import VALUES, BantAnswer, Letter


def bant_beside(lead: Lead, before: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Budget, authority, need and timing in words: the letter, its answer before, its answer today.

    `before` holds the letters that were something else; a letter that nobody ever answered is blank.
    """
    rows = BantAnswer.objects.filter(lead=lead).order_by("cycle__number")
    today = dict(rows.values_list("letter", "value"))
    for letter in Letter:
        words = {value: str(label) for value, label in VALUES[letter].choices}
        then = before.get(letter, today.get(letter, ""))
        yield str(letter.label), words.get(then, ""), words.get(today.get(letter, ""), "")


def unknown_letters(lead: Lead) -> list[str]:
    """What is not known of her in her present cycle, in words: budget, authority, need, timing."""
    present = LeadCycle.objects.filter(lead=lead).order_by("-number").values("pk")[:1]
    known = BantAnswer.objects.filter(cycle=Subquery(present)).exclude(value="unknown")
    letters = set(known.values_list("letter", flat=True))
    return [str(letter.label).lower() for letter in Letter if letter not in letters]


def authorities_at(company_ids: Collection[int]) -> list[tuple[int, int, str, bool]]:
    """What people say or showed that they may decide: (company, lead, role, whether a talk confirmed it).

    As it stands in the present cycle of each, whoever may see her; not known is left out.
    """
    rows = _authorities().filter(lead__company__in=company_ids).order_by("at", "pk")
    sure = BantAnswer.Confidence.HIGH
    return [
        (company, lead, value, confidence == sure)
        for company, lead, value, confidence in rows.values_list(
            "lead__company", "lead", "value", "confidence"
        )
    ]


def companies_with(role: str, among: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    """Those of the companies (a subquery of ids) where somebody is that by her present answer."""
    rows = _authorities().filter(value=role, lead__company__in=among)
    return rows.order_by().values("lead__company")


def _authorities() -> QuerySet[BantAnswer]:
    present = LeadCycle.objects.filter(lead=OuterRef("lead")).order_by("-number").values("pk")[:1]
    people = BantAnswer.objects.filter(
        letter=Letter.AUTHORITY, lead__deleted_at=None, lead__merged_into=None
    )
    return people.filter(value__in=BuyingRole.values, cycle=Subquery(present))


def in_words(lead: Lead) -> str:
    """Her score as one would say it: Fit A, hot. From the kept numbers, so a list may ask for each row."""
    score = getattr(lead, "score", None)
    if score is None or score.scored_at is None:
        return _("Not scored yet")
    warmth = {1: _("hot"), 2: _("warm"), 3: _("cool"), 4: _("quiet")}[score.band]
    return _("Fit %(grade)s, %(warmth)s") % {"grade": score.grade, "warmth": warmth}
