"""What people type about deals; services decide whether it can be taken."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.kit import clock, text
from leadflow.models import Activity, Company, CustomField, ExchangeRate, Lead, Organisation
from leadflow.people.models import User
from leadflow.services import companies
from leadflow.web.files import FilesField
from leadflow.web.forms import DateTimeInput, StaffForm, dress
from leadflow.web.own_fields import OwnFieldsMixin
from leadflow.web.templatetags.formats import money_exact
from pipeline import selectors
from pipeline.models import (
    Competitor,
    Deal,
    LostReason,
    Objection,
    Pipeline,
    PipelineStage,
)
from pipeline.selectors.objections import to_lose_over
from pipeline.selectors.quotes import accepted_of
from pipeline.selectors.rivals import competitors, of_deal
from pipeline.services.deals import checks_of_winning


def amount_field(**more: Any) -> forms.DecimalField:
    """An amount of money as people type it."""
    return forms.DecimalField(
        label=lazy("Amount"), max_digits=18, decimal_places=2, localize=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"}), **more,
    )  # fmt: skip


def currencies() -> list[tuple[str, str]]:
    """The base currency, then those with a rate."""
    base = Organisation.current().base_currency
    rated = ExchangeRate.objects.order_by("currency").values_list("currency", flat=True).distinct()
    return [(code, code) for code in dict.fromkeys([base, *rated])]


class NamesForm(StaffForm):
    """Fields by which a deal names its company and its person."""

    user: User
    deal: Deal | None

    def clean_person(self) -> str:
        """The address of a lead that she may see."""
        email = str(self.cleaned_data["person"]).strip().lower()
        self.lead: Lead | None = None
        if self.deal and self.deal.lead and email == self.deal.lead.email:
            self.lead = self.deal.lead
        elif email:
            self.lead = Lead.objects.visible_to(self.user).filter(email__iexact=email).first()
            if self.lead is None:
                raise forms.ValidationError(
                    _("None of your leads has this address. Add the person first.")
                )
        return email

    def company(self) -> Company | None:
        """The company of that name; made where it is new."""
        name = text.one_line(self.cleaned_data["company_name"])
        if self.deal and self.deal.company and name == self.deal.company.name:
            return self.deal.company
        return companies.match_or_create(name=name) if name else None


class DealForm(OwnFieldsMixin, NamesForm):
    """A new deal, or the fields of one that is there."""

    subject = CustomField.Subject.DEAL
    name = forms.CharField(label=lazy("Name"), max_length=200)
    stage = forms.ModelChoiceField(
        PipelineStage.objects.none(), label=lazy("Stage"), empty_label=None
    )
    company_name = forms.CharField(
        label=lazy("Company"),
        max_length=200,
        required=False,
        help_text=lazy("Found by its name, else made."),
    )
    person = forms.EmailField(
        label=lazy("Person"),
        required=False,
        help_text=lazy("The email address of one of your leads."),
    )
    amount = amount_field(required=False)
    currency = forms.ChoiceField(label=lazy("Currency"))
    expected_close_on = forms.DateField(label=lazy("Expected close"), required=False)
    need = forms.CharField(label=lazy("What they need"), max_length=300, required=False)
    probability = forms.IntegerField(
        label=lazy("Probability, if not the stage's"),
        min_value=1,
        max_value=99,
        required=False,
        help_text=lazy("Per cent. Holds until the deal moves to another stage."),
    )
    kind = forms.ChoiceField(
        label=lazy("Kind"),
        choices=[("", lazy("By itself: expansion for a customer")), *Deal.Kind.choices],
        required=False,
    )
    owner = forms.ModelChoiceField(User.objects.none(), label=lazy("Owner"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, user: User, pipeline: Pipeline | None = None, deal: Deal | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        self.user, self.deal = user, deal
        super().__init__(*args, **kwargs)
        self._choose("stage", selectors.open_stages(pipeline))
        self._choose("owner", selectors.possible_owners(user))
        self._set_currencies()
        if deal is None:
            del self.fields["probability"]
        else:
            self._fill_from(deal)
        self.add_own(deal.custom if deal else {})

    def _choose(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def _set_currencies(self) -> None:
        field = self.fields["currency"]
        if isinstance(field, forms.ChoiceField):
            known = currencies()
            mine = self.deal.currency if self.deal else known[0][0]
            field.choices = list(dict.fromkeys([*known, (mine, mine)]))
            field.initial = mine

    def _fill_from(self, deal: Deal) -> None:
        del self.fields["stage"]
        if deal.follows_lines:
            del self.fields["amount"]
        person = deal.lead.email if deal.lead else ""
        self.initial = {
            "name": deal.name,
            "company_name": deal.company.name if deal.company else "",
            "person": person,
            "amount": None if deal.amount is None else f"{deal.amount:.2f}",
            "expected_close_on": deal.expected_close_on,
            "need": deal.need,
            "probability": deal.probability,
            "kind": deal.kind,
            "owner": deal.owner_id,
            "version": deal.version,
            **self.initial,
        }


class WinForm(StaffForm):
    """What was agreed, and when."""

    amount = amount_field(required=True)
    on = forms.DateField(label=lazy("Contract date"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accepted = accepted_of(deal)
        amount = None if deal.amount is None else deal.amount.quantize(Decimal("0.01"))
        if accepted and accepted.currency == deal.currency:
            amount = accepted.totals.net
        self.initial = {"amount": amount, "on": today(), "version": deal.version}
        self.fields["amount"].widget.attrs["autofocus"] = True
        self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": deal.currency}
        if accepted:
            words = _("%(number)s was accepted over %(net)s without tax.")
            told = {
                "number": accepted.quote,
                "net": money_exact(accepted.totals.net, accepted.currency),
            }
            self.fields["amount"].help_text = words % told
        elif deal.follows_lines:
            self.fields["amount"].help_text = _("Follows the lines of the deal.")
        self.checks = checks_of_winning(deal)
        for check in self.checks:
            self.fields[f"check_{check.pk}"] = field = forms.BooleanField(
                label=check.words, error_messages={"required": _("Tick this when it is done.")}
            )
            dress(field)


class LoseForm(StaffForm):
    """Why it was lost, to whom, and when to come back."""

    reason = forms.ModelChoiceField(
        LostReason.objects.none(), label=lazy("Reason"), empty_label=lazy("Choose")
    )
    rival = forms.ModelChoiceField(
        Competitor.objects.none(),
        label=lazy("Competitor"),
        required=False,
        empty_label=lazy("Nobody, or another by name"),
        help_text=lazy("Who won it, if somebody did."),
    )
    objection = forms.ModelChoiceField(
        Objection.objects.none(),
        label=lazy("Over which objection"),
        required=False,
        empty_label=lazy("None of them"),
    )
    competitor = forms.CharField(label=lazy("Another by name"), max_length=120, required=False)
    return_on = forms.DateField(
        label=lazy("Come back on"),
        required=False,
        help_text=lazy("The person goes back to marketing until then."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, deal: Deal, later: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.later = later
        reasons = selectors.lost_reasons()
        field = self.fields["reason"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = reasons
        self._offer_objections(deal)
        known = self.fields["rival"]
        if isinstance(known, forms.ModelChoiceField):
            known.queryset = competitors()
        racing = [one.competitor_id for one in of_deal(deal) if one.state == "running"]
        self.initial = {"version": deal.version}
        if len(racing) == 1:
            self.initial["rival"] = racing[0]
        first = "return_on" if later else "reason"
        self.fields[first].widget.attrs["autofocus"] = True
        if later:
            self.fields["return_on"].required = True
            self.initial["reason"] = reasons.filter(name="Timing").first()

    def _offer_objections(self, deal: Deal) -> None:
        """Those that were not resolved; no question where there is none."""
        field, rows = self.fields["objection"], to_lose_over(deal)
        if not rows:
            del self.fields["objection"]
        elif isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    @property
    def winner(self) -> str:
        """Who won it: the one of the list, else the name."""
        rival = self.cleaned_data.get("rival")
        return str(rival.name if rival else self.cleaned_data["competitor"])


class MoveForm(StaffForm):
    """Another stage, for the deal page and for browsers without the script."""

    column = forms.ModelChoiceField(
        PipelineStage.objects.none(), label=lazy("Move to"), empty_label=None
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["column"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = selectors.open_stages(deal.pipeline)
        self.initial = {"column": deal.stage_id, "version": deal.version}


class StepForm(StaffForm):
    """The next step with a deal."""

    kind = forms.ChoiceField(label=lazy("What"), choices=Activity.Kind.choices)
    subject = forms.CharField(label=lazy("Subject"), max_length=200)
    due_at = forms.DateTimeField(label=lazy("When"), widget=DateTimeInput())


class NoteForm(StaffForm):
    """Free words about a deal."""

    text = forms.CharField(
        label=lazy("Note"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    attached = FilesField(label=lazy("Files"), required=False)


def today() -> date:
    """The day where the reader is."""
    return timezone.localtime(clock.now()).date()


def moment_of(day: date, *, opened_at: datetime | None) -> datetime:
    """A day that somebody typed as a moment: now for today, else noon, so no time zone shifts it.

    On the day the deal was opened it is never before that (a deal opened in the evening may be won
    on the same day).
    """
    moment = timezone.make_aware(datetime.combine(day, time(12)))
    if day == today():
        moment = clock.now()
    if opened_at and timezone.localtime(opened_at).date() == day:
        return max(moment, opened_at)
    return moment
