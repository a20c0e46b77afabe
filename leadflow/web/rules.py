"""The rule builder: one form field for every rule of the product, and its live preview.

`ConditionField("lead")` posts the rule as one JSON document in a hidden field, refuses what the
language refuses, and shows what was posted again with its errors. The preview says the rule as a
sentence, counts who matches among what the user may see, and shows five of them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from django import forms
from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.conditions import fields, sql
from leadflow.conditions.drafting import is_rule
from leadflow.conditions.language import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    OPERATORS,
    SHAPES,
    Catalogue,
    Field,
    Group,
    explain,
    parse,
)
from leadflow.conditions.words import BUILDER_WORDS, OPERATOR_LABELS
from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.models import Company, Lead
from leadflow.people.access import allowed, require
from leadflow.people.models import User
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

MOST_COUNTED = 1_000
SAMPLE = 5
LONGEST = 100_000  # letters of JSON
PATIENCE = 3_000  # milliseconds that a preview may keep the database busy


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule can be about: whose rows a user may see, and how many there are in words.

    `lead` is the path from a row to the lead whose behaviour event conditions count. `shown` is what the
    preview names and links in the place of a row.
    """

    permission: str
    rows: Callable[[User], QuerySet[Any]]
    count: Callable[[int], str]
    lead: str = "pk"
    shown: Callable[[Any], Any] = lambda row: row


_subjects: dict[str, Subject] = {}


def register_subject(name: str, subject: Subject) -> None:
    """Lets rules about this kind of record be previewed; a stage calls it from its apps.py."""
    _subjects[name] = subject


def catalogue_for(user: User | None, subject: str) -> Catalogue:
    """The catalogue without what the user may not see: a rule could spell an address letter by letter."""
    known = fields.catalogue(subject)
    if user is None or allowed(user, "lead.contact_fields"):
        return known
    open_fields = {key: one for key, one in known.fields.items() if one.sensitivity != "contact"}
    return replace(known, fields=open_fields)


# --- The form field -------------------------------------------------------------------------------


class RuleBuilder(forms.Widget):
    """A hidden field with the document, and the builder over it; JSON and sentence without scripts."""

    catalogue: Callable[[], Catalogue]

    def __init__(self, subject: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.subject = subject

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """The template of the component, filled."""
        del renderer
        attrs = self.build_attrs(self.attrs, attrs)
        known = self.catalogue()
        return render_to_string(
            "web/rule_builder.html",
            {
                "name": name,
                "id": attrs.get("id") or f"id_{name}",
                "value": value,
                "subject": self.subject if self.subject in _subjects else "",
                "sentence": _sentence(value, known),
                "config": as_json(known),
            },
        )

    def id_for_label(self, id_: str) -> str:
        """The builder is a group of controls; its first one is found by the script."""
        return id_


class ConditionField(forms.Field):
    """A rule about `subject`; cleans to its document. `catalogue` replaces the subject's own.

    Of a draft, `keeps_unfinished` takes a rule in which something is missing as well: whoever publishes
    it asks what. What is no rule at all is refused everywhere.
    """

    widget: RuleBuilder

    def __init__(
        self,
        subject: str = "lead",
        *,
        required: bool = False,
        catalogue: Callable[[], Catalogue] | None = None,
        keeps_unfinished: bool = False,
        **kwargs: Any,
    ) -> None:
        self.subject = subject
        self.keeps_unfinished = keeps_unfinished
        self.catalogue = catalogue or (lambda: fields.catalogue(subject))
        super().__init__(required=required, widget=RuleBuilder(subject), **kwargs)
        self.widget.catalogue = lambda: self.catalogue()

    def __deepcopy__(self, memo: dict[int, Any]) -> "ConditionField":
        copy: ConditionField = super().__deepcopy__(memo)
        copy.widget.catalogue = lambda: copy.catalogue()
        return copy

    def prepare_value(self, value: Any) -> str:
        """What was typed stays as it was typed."""
        return value if isinstance(value, str) else json.dumps(value or {"all": []}, indent=1)

    def to_python(self, value: Any) -> dict[str, Any]:
        """The document, or every reason why it is none."""
        try:
            document: dict[str, Any] = read(value)
            if not (self.keeps_unfinished and is_rule(document)):
                parse(document, self.catalogue())
        except Invalid as error:
            messages = [said for found in error.fields.values() for said in found]
            raise forms.ValidationError(messages or [error.message]) from None
        if self.required and not any(document.values()):
            raise forms.ValidationError(_("Add at least one condition."))
        return document

    def validate(self, value: Any) -> None:
        """Done by `to_python`."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the rule says something else."""
        try:
            return bool(read(data) != read(initial))
        except Invalid:
            return True


def read(value: Any) -> Any:
    """A document out of what a form posted. Raises Invalid."""
    if not isinstance(value, str):
        return value or {"all": []}
    if len(value) > LONGEST:
        raise Invalid(_("This rule is too long. Split it."))
    try:
        return json.loads(value) if value.strip() else {"all": []}
    except (ValueError, RecursionError):
        raise Invalid(_("This rule cannot be read. Build it again.")) from None


def _sentence(value: Any, known: Catalogue) -> str:
    try:
        return explain(parse(read(value), known), known)
    except Invalid:
        return ""


# --- What the script is told ----------------------------------------------------------------------


def as_json(known: Catalogue) -> dict[str, Any]:
    """The catalogue as the builder reads it."""
    return language_json() | {
        "fields": [_field_json(one) for one in known.fields.values()],
        "events": [
            {
                "key": kind.key,
                "label": str(kind.label),
                "fields": [_field_json(one) for one in kind.fields],
            }
            for kind in known.events.values()
        ],
    }


def language_json() -> dict[str, Any]:
    """What the builder needs whatever it asks about: operators, by type too, its words, its limits."""
    return {
        "operators": {
            key: {"label": str(label), "shape": SHAPES[key]}
            for key, label in OPERATOR_LABELS.items()
        },
        "types": OPERATORS,
        "words": _plain(BUILDER_WORDS),
        "limits": {"depth": MAX_DEPTH, "conditions": MAX_CONDITIONS},
    }


def _plain(words: dict[str, str | Promise]) -> dict[str, str]:
    return {key: str(word) for key, word in words.items()}


def _field_json(one: Field) -> dict[str, Any]:
    return {
        "key": one.key,
        "label": str(one.label),
        "group": str(one.group),
        "type": one.type,
        "operators": one.operators,
        "choices": [[key, str(label)] for key, label in one.options()],
    }


# --- The preview ----------------------------------------------------------------------------------


@require_POST
@access("lead.view")
def preview(request: HtmxHttpRequest, subject: str) -> HttpResponse:
    """Who matches the rule being built, among what the user may see. A read, posted for its length."""
    about = _subjects.get(subject)
    if about is None:
        raise Http404
    require(request.user, about.permission)
    context: dict[str, Any] = {}
    try:
        known = catalogue_for(request.user, subject)
        rule = parse(read(request.POST.get(request.POST.get("field", ""), "")), known)
        context = {"sentence": explain(rule, known)} | _found(about, rule, request.user)
    except Invalid as error:
        context = {"problems": error.fields or {"$": [error.message]}}
    return render(request, "web/rule_preview.html", context)


def _found(about: Subject, rule: Group, user: User) -> dict[str, Any]:
    rows = about.rows(user).filter(sql.where(rule, at=here(), lead=about.lead))
    try:
        with transaction.atomic():
            be_patient()
            count = rows.order_by()[: MOST_COUNTED + 1].count()
            found = rows.order_by("-pk")[:SAMPLE] if count else []
            sample = [about.shown(row) for row in found]
    except OperationalError:
        return {"too_slow": True}
    return {"count": about.count(count), "sample": sample, "left": max(0, count - len(sample))}


def be_patient(*, for_: int | None = None) -> None:
    """Let the database give up any statement of this transaction after so many milliseconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [for_ or PATIENCE])


# --- The rule of a list ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """The rule in the URL of a list: as a condition on its rows, as a sentence, and the list without."""

    where: Q | None
    sentence: str
    without: str
    kept: list[tuple[str, str]]  # the rest of the URL's state, for the form that sets another rule


def asked(request: HttpRequest, subject: str) -> Asked:
    """What `?rule=` asks of this kind of record; one that cannot be read finds nothing and says so."""
    params = request.GET.copy()
    text = params.get("rule", "")
    for key in ("rule", "after", "before"):
        params.pop(key, None)
    kept = [(key, value) for key, values in params.lists() for value in values]
    without = f"?{params.urlencode()}"
    if not text:
        return Asked(None, "", without, kept)
    known = catalogue_for(cast("User", request.user), subject)
    try:
        rule = parse(read(text), known)
    except Invalid:
        nothing = _("A filter that cannot be read; clear it.")
        return Asked(Q(pk__in=[]), nothing, without, kept)
    if not rule.items:
        return Asked(None, "", without, kept)
    where = sql.where(rule, at=here(clock.now()), lead=_subjects[subject].lead)
    return Asked(where, explain(rule, known), without, kept)


def both(one: Q | None, other: Q | None) -> Q | None:
    """Two conditions as one; none where neither asks anything."""
    return one & other if one is not None and other is not None else one or other


@access("lead.view")
def rule_field(request: HtmxHttpRequest, subject: str) -> HttpResponse:
    """The builder for the filter dialog of a list, holding the rule in use; read when it is opened."""
    about = _subjects.get(subject)
    if about is None:
        raise Http404
    require(request.user, about.permission)
    field = ConditionField(subject, catalogue=lambda: catalogue_for(request.user, subject))
    field.label = _("Show what matches")
    form = forms.Form(initial={"rule": request.GET.get("rule", "")})
    form.fields["rule"] = field
    return render(request, "web/rule_field.html", {"form": form})


def _leads(count: int) -> str:
    if count > MOST_COUNTED:
        return _("Matches more than 1,000 leads")
    return _("Matches 1 lead") if count == 1 else _("Matches %(count)s leads") % {"count": count}


register_subject(
    "lead",
    Subject(
        "lead.view",
        lambda user: Lead.objects.visible_to(user).select_related("company", "score"),
        _leads,
    ),
)


def _companies(count: int) -> str:
    if count > MOST_COUNTED:
        return _("Matches more than 1,000 companies")
    if count == 1:
        return _("Matches 1 company")
    return _("Matches %(count)s companies") % {"count": count}


register_subject(
    "company",
    Subject(
        "company.view",
        lambda user: Company.objects.visible_to(user).select_related("owner"),
        _companies,
    ),
)
