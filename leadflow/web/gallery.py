"""What the gallery shows: every component, in the states that a page can put it into."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from leadflow.kit.clock import now
from leadflow.web.charts import Chart, Series
from leadflow.web.filters import Applied, Chip, Filter
from leadflow.web.forms import StaffForm, Switch
from leadflow.web.rules import ConditionField
from leadflow.web.tables import Column, Head, Page


class SampleForm(StaffForm):
    """One field of each kind, one of them refused."""

    company = forms.CharField(help_text="Found by the email domain.")
    close_on = forms.DateField(label="Close date")
    source = forms.ChoiceField(choices=[("ads", "Google Ads"), ("web", "Webinar")], required=False)
    notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    consent = forms.BooleanField(label="May be mailed", required=False)
    live = forms.BooleanField(label="On", required=False, widget=Switch())


RULE = {
    "all": [
        {"field": "lead.country", "op": "is_any_of", "value": ["DE", "AT"]},
        {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 3, "days": 30},
        {
            "any": [
                {"field": "score.grade", "op": "at_least", "value": "B"},
                {"field": "lead.last_activity_at", "op": "is_not_set"},
            ]
        },
    ]
}


class RuleExample(forms.Form):
    """The rule builder as any form has it."""

    rule = ConditionField("lead")


STEPS = [
    {"label": "Lead", "state": "done", "when": "29 Oct"},
    {"label": "MQL", "state": "done", "when": "today 09:06"},
    {"label": "Accepted", "state": "now", "when": "today 09:12"},
    {"label": "SQL", "state": "later"},
    {"label": "Deal", "state": "later"},
    {"label": "Customer", "state": "later"},
]
BARS = [
    {"label": "Calls", "value": 4, "text": "4 of 15"},
    {"label": "Mails answered", "value": 12, "text": "12 of 15"},
    {"label": "Meetings", "value": 0, "text": "0 of 2"},
]
PEOPLE: list[dict[str, Any]] = [
    {"name": "Anneke de Vries", "role": "VP Operations", "fit": "A", "band": 1, "amount": 168_400},
    {"name": "Elif Kaya", "role": "Plant Manager", "fit": "A", "band": 2, "amount": 74_900},
    {"name": "Luis Ortega", "role": "Student", "fit": "C", "band": 3, "amount": None},
]
COLUMNS = [
    Column("name", "Lead", sort="name", always=True),
    Column("score", "Score", sort="score"),
    Column("amount", "Amount", sort="amount", align="right"),
    Column("next", "Next step"),
]


def gallery_context() -> dict[str, Any]:
    """Sample values for gallery.html; only the rule builder reads the database."""
    return {
        "rule_form": RuleExample(initial={"rule": RULE}),
        "soon": now() + timedelta(minutes=7, seconds=30),
        "earlier": now() - timedelta(hours=30),
        "steps": STEPS,
        "bars": BARS,
        "form": refused_form(),
        "page": sample_page(),
        "applied": sample_filters(),
        "lines": line_chart(),
        "tenths": bar_chart(),
    }


def refused_form() -> SampleForm:
    """Filled in by somebody in a hurry."""
    form = SampleForm({"company": "Kessler Foods", "close_on": "2027-06-30", "live": "on"})
    form.add_error("close_on", "June has 30 days. Pick a date up to 30 June.")
    return form


def sample_page() -> Page:
    """Three leads under four heads."""
    heads = [Head(c, f"?sort={c.key}" if c.sort else "", "") for c in COLUMNS]
    heads[1] = Head(COLUMNS[1], "?sort=score", "descending")
    return Page(
        rows=PEOPLE,
        heads=heads,
        columns=COLUMNS,
        shows={c.key: True for c in COLUMNS},
        sort="-score",
        params=QueryDict(),
        total=37,
        next_url="?after=x",
    )


def sample_filters() -> Applied:
    """Two filters in use, one more to choose."""
    score = Filter("score", "Score", path="score__gte", icon="gauge")
    stages = [("mql", "MQL"), ("sal", "SAL"), ("sql", "SQL")]
    stage = Filter("stage", "Stage", path="stage__in", choices=lambda: stages, icon="circle-dashed")
    chips = [Chip(score, ["B2"], "?"), Chip(stage, ["mql", "sal"], "?", stages)]
    return Applied(chips, QueryDict(), [(stage, stages, ["mql", "sal"])])


def line_chart() -> Chart:
    """Now against before: c1 solid, c5 dashed."""
    return Chart(
        labels=["May", "Jun", "Jul", "Aug", "Sep", "Oct"],
        series=[
            Series("Version 15", [16, 22, 24, 17, 38, 21]),
            Series("Version 14", [17, 24, 27, 19, 51, 22], colour="c5", style="dashed"),
        ],
        x_label="Month",
    )


def bar_chart() -> Chart:
    """One series; the last cohorts still grow, and one has no data."""
    return Chart(
        labels=[str(n) for n in range(1, 9)],
        series=[Series("Win rate", [21.4, 11, 7.1, 5.1, 2.7, None, 1.2, 0.4], unfinished=2)],
        x_label="Score tenth",
        threshold=3.7,
    )
