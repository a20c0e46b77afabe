"""The fields that a message may mention, and their values for one lead."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from leadflow.kit.remembering import remembered
from leadflow.models import CustomField, Lead, Organisation
from leadflow.models.expressions import Among

_LEAD = (
    *("first_name", "last_name", "email", "phone", "job_title", "department"),
    *("city", "region", "country", "language"),
)
_COMPANY = ("name", "domain", "industry", "country")


_Values = Callable[[Lead, Collection[str]], Mapping[str, Any]]
_Offered = Callable[[], Iterable[tuple[str, str]]]
_added: list[tuple[Callable[[], Iterable[str]], _Values]] = []
_offered: list[_Offered] = []
_passed: dict[str, Any] = {}


def add(
    paths: Callable[[], Iterable[str]], values: _Values, offered: _Offered | None = None
) -> None:
    """Let mails mention what a package above mail knows of a lead; called in its apps.py.

    `values` is told the paths that a message names, so that the others cost nothing. `offered` names
    those in words that whoever writes a mail may choose from.
    """
    _added.append((paths, values))
    _offered.extend([offered] if offered else [])


def add_passed(examples: Mapping[str, Any]) -> None:
    """Let the mails of steps and broadcasts mention what whoever sends them passes along, such as an
    offer; called in apps.py with an example of each. Letters and confirmations know nothing of it."""
    _passed.update(examples)


def passed() -> Mapping[str, Any]:
    """An example of each path that is passed along."""
    return _passed


def of_mails() -> list[str]:
    """Every path that the mail of a step or a broadcast may use."""
    return [*catalogue(), *_passed]


def offered() -> list[tuple[str, str]]:
    """(words, path) of what packages above mail offer to whoever writes a mail."""
    return [pair for some in _offered for pair in some()]


@remembered
def catalogue() -> list[str]:
    """Every path that a template may use, custom fields included."""
    custom = CustomField.objects.filter(subject="lead").order_by("key")
    return [
        "lead.name",
        *(f"lead.{name}" for name in _LEAD),
        *(f"lead.custom.{key}" for key in custom.values_list("key", flat=True)),
        *(f"company.{name}" for name in _COMPANY),
        "owner.name",
        "owner.first_name",
        "owner.email",
        "organisation.name",
        *(path for paths, _values in _added for path in paths()),
    ]


def values_for(
    lead: Lead, organisation: Organisation | None = None, *, asked: Collection[str] = ()
) -> dict[str, Any]:
    """What the paths mean for this lead (with `company` and `owner` joined where many are asked).

    What packages above mail know is worked out only where it is among the paths `asked` for.
    """
    company, owner = lead.company, lead.owner
    organisation = organisation or Organisation.current()
    values: dict[str, Any] = {"lead.name": f"{lead.first_name} {lead.last_name}".strip()}
    values |= {f"lead.{name}": getattr(lead, name) for name in _LEAD}
    values |= {f"lead.custom.{key}": value for key, value in lead.custom.items()}
    values |= {f"company.{name}": getattr(company, name, "") for name in _COMPANY}
    values |= {
        "owner.name": owner.name if owner else "",
        "owner.first_name": owner.first_name if owner else "",
        "owner.email": (owner.email or "") if owner else "",
        "organisation.name": organisation.name,
    }
    for _paths, more in _added:
        values |= more(lead, asked)
    return values


# The plain columns behind the paths; what is not here needs the whole lead.
_COLUMNS = {
    **{f"lead.{name}": name for name in _LEAD},
    **{f"company.{name}": f"company__{name}" for name in _COMPANY},
    "owner.name": "owner__name",
    "owner.email": "owner__email",
}
_CUSTOM = "lead.custom."


def values_for_many(
    lead_ids: Collection[int], organisation: Organisation, *, asked: Collection[str]
) -> dict[int, dict[str, Any]]:
    """As `values_for` for many leads, of the paths `asked` alone and of her name: only the columns behind
    them are read, in one statement."""
    own = {path for path in asked if path in _COLUMNS} | {"lead.first_name", "lead.last_name"}
    if any(path not in own and not _is_free(path) for path in asked):
        leads = Lead.objects.select_related("company", "owner").filter(Among("pk", lead_ids))
        return {lead.pk: values_for(lead, organisation, asked=asked) for lead in leads}
    paths, with_custom = sorted(own), any(path.startswith(_CUSTOM) for path in asked)
    columns = ["pk", *(_COLUMNS[path] for path in paths), *(["custom"] if with_custom else [])]
    found: dict[int, dict[str, Any]] = {}
    for row in Lead.objects.filter(Among("pk", lead_ids)).values_list(*columns):
        values = {
            path: "" if told is None else told for path, told in zip(paths, row[1:], strict=False)
        }
        values["lead.name"] = f"{values['lead.first_name']} {values['lead.last_name']}".strip()
        values["organisation.name"] = organisation.name
        if with_custom:
            values |= {f"{_CUSTOM}{key}": value for key, value in row[-1].items()}
        found[row[0]] = values
    return found


def _is_free(path: str) -> bool:
    """Whether it costs no column of its own."""
    return path in ("lead.name", "organisation.name") or path.startswith(_CUSTOM)
