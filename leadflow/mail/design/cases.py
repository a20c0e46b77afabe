"""Readers who do not exist: the ones for whom a mail breaks first. Written for looking, never sent."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from leadflow.mail.compose import FOOT, example_foot
from leadflow.mail.design.rendering import Compiled, Written, written
from leadflow.mail.merge_fields import of_mails

EMPTY, LONGEST, FOREIGN = "empty", "longest", "foreign"
CASES: dict[str, Any] = {
    EMPTY: _("Nothing known"),
    LONGEST: _("The longest names"),
    FOREIGN: _("Other scripts"),
}
_DARK = "@media (prefers-color-scheme:dark)"
_SCHEME = "light dark"

_LONG = {
    "first_name": "Wolfeschlegelsteinhausenbergerdorff-Maximiliane",
    "last_name": "Keihanaikukauakahihuliheekahaunaele von Hohenlohe-Waldenburg-Schillingsfürst",
    "name": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG",
    "email": "wolfeschlegelsteinhausenbergerdorff.maximiliane@donaudampfschifffahrtselektrizitaeten.example",
    "job_title": "Executive Vice President for Cross-Functional Customer Experience Transformation",
}
_FOREIGN = {
    "first_name": "مُحَمَّد",
    "last_name": "Đặng Thị 山田",
    "name": "株式会社ヤマダ Ελλάς Кириллица",
    "job_title": "מנהלת שיווק",
    "city": "ירושלים",
}


def values_of(case: str, asks: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of that reader. Blocks with a condition are there for all but the empty one."""
    known = {EMPTY: {}, LONGEST: _LONG, FOREIGN: _FOREIGN}[case]
    values = {path: _value(path, known) for path in of_mails()}
    values |= dict.fromkeys(asks.get("rules", ()), case != EMPTY)
    values["reader.stage"] = {EMPTY: "", LONGEST: "decision", FOREIGN: "consideration"}[case]
    for key in asks.get("picks", ()):
        if case != EMPTY:
            values |= {f"{key}.title": known["name"], f"{key}.url": "https://www.example.com/read"}
    return values


def _value(path: str, known: Mapping[str, str]) -> str:
    if not known:
        return ""
    last = path.rpartition(".")[2]
    return known.get(last, known["last_name"])


def written_for(case: str, made: Compiled) -> Written:
    """The message of a design for that reader."""
    return written(made.as_json(), values_of(case, made.asks))


def shown(html: str, *, dark: bool = False) -> str:
    """A message as a page to look at: with the foot that it will have, and in the dark where that is asked,
    whatever the screen of whoever looks is set to."""
    page = html.replace(FOOT, example_foot(), 1)
    scheme, rules = ("dark", "@media all") if dark else ("light", "@media not all")
    return page.replace(_DARK, rules).replace(_SCHEME, scheme)


def all_cases() -> Iterable[str]:
    """Every one of them."""
    return CASES
