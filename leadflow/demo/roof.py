"""A form of the demo that shows what the builder can do: pages, rules, endings, a look of its own."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from capture.blocks import FORM_BLOCKS
from capture.blocks.starts import block
from capture.models import Form
from capture.services import forms
from leadflow.blocks import documents
from leadflow.models import Origin
from leadflow.people.models import User


def make(by: User, at: datetime) -> Form:
    """Publish it; nobody of the story has sent it yet."""
    form = forms.create(
        name=_("Is your roof fit for solar?"), by=by, content=_content(), origin=Origin.DEMO, at=at
    )
    forms.save_look(form=form, theme={"colour": "#0b5d3b", "corner": "round"})
    forms.publish(form=form, by=by, at=at)
    return form


def _content() -> documents.Content:
    content = documents.empty(
        submit_label=_("Send my answers"), can_save=True, reminds=True, asks_at_most="2",
        endings=[{"title": _("A roof garden may suit you better"), "when": _is("flat_limit", "low"),
                  "text": _("Your roof carries too little for panels. Here is what it can carry."), "url": ""}],
    )  # fmt: skip
    content["pages"] = [
        _page(
            "p1", _("Your roof"), _roof(), jumps=[{"to": "end", "when": _is("flat_limit", "low")}]
        ),
        _page("p2", _("Your power"), _power(), show_when=_is("owns", True)),
        _page("p3", _("You"), _person()),
    ]
    return documents.normalised(content, FORM_BLOCKS)


def _page(page_id: str, title: str, rows: list[dict[str, Any]], **props: Any) -> dict[str, Any]:
    return {"id": page_id, "title": title, "blocks": rows, "props": props}


def _is(name: str, value: Any) -> dict[str, Any]:
    return {"all": [{"field": name, "op": "is", "value": value}]}


def _answers(**labels: str) -> list[dict[str, str]]:
    return [{"value": key, "label": label} for key, label in labels.items()]


def _roof() -> list[dict[str, Any]]:
    kinds = _answers(
        flat=_("Flat"), south=_("Pitched, to the south"), other=_("Pitched, another way")
    )
    limits = _answers(
        low=_("Under 10 kg a square metre"), high=_("10 kg or more"), unknown=_("Not known")
    )
    return [
        block("heading", text=_("Is your roof fit for solar?"), sub=_("Three short pages.")),
        block("choice", label=_("Type of roof"), name="roof", options=kinds, is_required=True),
        block("choice", label=_("What can it carry?"), name="flat_limit", options=limits,
              show_when=_is("roof", "flat"), require_when=_is("roof", "flat")),
        block("yes_no", label=_("Is the building yours?"), name="owns", is_required=True),
    ]  # fmt: skip


def _power() -> list[dict[str, Any]]:
    return [
        block("number", label=_("Power used in a year"), name="power", unit="kWh", at_least=0),
        block("money", label=_("Budget"), name="budget", currency="EUR", at_least=0),
        block("date", label=_("When should it run?"), name="start", which="future"),
        block("file", label=_("Plan of the roof"), name="plan"),
    ]


def _person() -> list[dict[str, Any]]:
    large = {"all": [{"field": "power", "op": "at_least", "value": 100_000}]}
    return [
        block("short_text", label=_("Your name"), name="full_name", save_to="full_name"),
        block("email", label=_("Email")),
        block("scale", label=_("How sure are you?"), name="sure", low_words=_("Just looking"),
              high_words=_("Decided")),
        block("hidden", label=_("Size"), name="size", value="small",
              cases=[{"value": "large", "when": large}]),
        block("consent", text=_("You may email me about this and similar offers.")),
    ]  # fmt: skip
