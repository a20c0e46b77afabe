"""A mail as ten real people would read it, those first whose data is hardest on it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.functions import Concat, Length, Trim
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.mail.compose import html_of, preview_html
from leadflow.mail.design.checking import bare_in
from leadflow.mail.merge_fields import values_for
from leadflow.models import Lead, Organisation
from nurturing.services import documents, messages

MOST = 10
_EACH = 2  # of each kind of hard case
_ASKED = ("first_name", "last_name", "job_title", "phone", "city", "region", "country", "language")


@dataclass(frozen=True)
class Shown:
    """One mail: why she was chosen, what it says to her, which fields she lacks, what keeps it back."""

    lead: Lead
    why: str
    subject: str = ""
    html: str = ""
    missing: tuple[str, ...] = ()
    error: str = ""


def worst_cases(step: Mapping[str, Any], people: QuerySet[Lead]) -> list[Shown]:
    """The mail of a step for at most ten of these people; none where it is not written yet."""
    programs = programs_of(step)
    if not programs:
        return []
    organisation, bare = Organisation.current(), bare_fields(programs)
    return [_read(step, lead, why, bare, organisation) for lead, why in chosen(people)]


def programs_of(step: Mapping[str, Any]) -> Mapping[str, Any]:
    """The compiled templates of a mail; none where they do not compile."""
    given = step.get("programs")
    if given:
        return dict(given)
    return documents.programs_of(
        step["subject"],
        step["body"],
        preheader=step.get("preheader", ""),
        design=step.get("design"),
    )


def chosen(people: QuerySet[Lead]) -> list[tuple[Lead, str]]:
    """Ten of them, and why: no name, the longest names, other scripts, most fields empty, then any."""
    name = Trim(Concat("first_name", Value(" "), "last_name"))
    empties = sum(
        (Case(When(**{one: ""}, then=1), default=0, output_field=IntegerField()) for one in _ASKED),
        Value(0, output_field=IntegerField()),
    )
    rows = people.annotate(whole_name=name, letters=Length(name), empties=empties)
    rows = rows.select_related("company", "owner")
    hard = (
        (_("No first name"), rows.filter(first_name="").order_by("pk")),
        (_("The longest name"), rows.order_by("-letters", "pk")),
        (_("Another script"), rows.filter(whole_name__regex="[^\\u0001-\\u024F]").order_by("pk")),
        (_("Most fields empty"), rows.order_by("-empties", "pk")),
        (_("Chosen at random"), rows.order_by("public_id", "pk")),
    )
    found: dict[int, tuple[Lead, str]] = {}
    for at, (why, some) in enumerate(hard):
        most = MOST - len(found) if at == len(hard) - 1 else _EACH
        for lead in some.exclude(pk__in=list(found))[:most]:
            found[lead.pk] = lead, why
    return list(found.values())


def _read(
    step: Mapping[str, Any],
    lead: Lead,
    why: str,
    bare: Collection[str],
    organisation: Organisation,
) -> Shown:
    values = values_for(lead, organisation, asked=bare)
    missing = tuple(one for one in sorted(bare) if values.get(one) in (None, ""))
    try:
        words = messages.words_for(step, lead, organisation)
    except Invalid as error:
        return Shown(lead, why, missing=missing, error=error.message)
    return Shown(lead, why, words.subject, preview_html(words.html or html_of(words.text)), missing)


def bare_fields(programs: Mapping[str, Any]) -> set[str]:
    """Fields of the person or her company that a mail names without a fallback, outside any condition."""
    found: set[str] = set()
    for part in ("subject", "preheader", "body"):
        found |= bare_in(programs.get(part, []))
    return {
        name for name in found if not name.startswith(("organisation.", "pick.", "mail.", "offer."))
    }
