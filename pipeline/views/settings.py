"""Settings: pipelines and their stages, lost reasons, products."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.people.models import User
from leadflow.web.crud import Crud
from leadflow.web.forms import StaffModelForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from pipeline.models import (
    Ask,
    Competitor,
    Deal,
    LostReason,
    Pipeline,
    PipelineStage,
    Product,
    StageKind,
)
from pipeline.selectors import chances
from pipeline.services import pipelines
from pipeline.views.board import sent


class PipelineForm(StaffModelForm):
    """A pipeline's name and where its probabilities come from."""

    class Meta:
        model = Pipeline
        fields = ("name", "probability_source")


class NewPipelineForm(StaffModelForm):
    """A pipeline to be made, with the usual stages."""

    class Meta:
        model = Pipeline
        fields = ("name",)


CHECK_LENGTH = 120


class StageForm(StaffModelForm):
    """A stage; its kind is chosen once."""

    class Meta:
        model = PipelineStage
        fields = (
            "name", "kind", "probability", "expected_days", "rot_days", "category", "required",
            "wip_limit", "wip_per_owner", "wip_is_hard",
        )  # fmt: skip

    required = forms.MultipleChoiceField(
        label=lazy("Asks for"),
        choices=Ask.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=lazy("What a deal needs before it comes here."),
    )
    checklist = forms.CharField(
        label=lazy("Checklist"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=lazy("One line each, ticked before a deal comes here: Budget is confirmed."),
    )

    def clean_checklist(self) -> list[str]:
        """The lines that say something."""
        lines = [line.strip() for line in self.cleaned_data["checklist"].splitlines()]
        if any(len(line) > CHECK_LENGTH for line in lines):
            raise forms.ValidationError(
                _("Keep each line under %(n)s characters.") % {"n": CHECK_LENGTH}
            )
        return [line for line in lines if line]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [pair for pair in StageKind.choices if pair[0] != StageKind.WON]
        field = self.fields["kind"]
        if self.instance.pk:
            self._fit(self.instance)
        elif isinstance(field, forms.ChoiceField):
            field.choices = kinds
            self.fields["probability"].required = False

    def _fit(self, stage: PipelineStage) -> None:
        """What a stage of its kind can be told; its checklist as it stands."""
        lines = stage.checks.filter(is_active=True)
        self.initial["checklist"] = "\n".join(one.words for one in lines)
        gone = {"kind"}
        if stage.kind != StageKind.OPEN:
            gone |= {"probability", "required", "wip_limit", "wip_per_owner", "wip_is_hard"}
        if stage.kind == StageKind.LOST:
            gone.add("checklist")
        for name in gone:
            del self.fields[name]
        if stage.kind == StageKind.WON:
            words = _("One line each, ticked before a deal is won: The contract is signed.")
            self.fields["checklist"].help_text = words

    def _post_clean(self) -> None:
        """The service checks and stores; the model's own check would judge half a stage."""


class ReasonForm(StaffModelForm):
    """A reason for losing."""

    class Meta:
        model = LostReason
        fields = ("name", "asks_competitor", "counts", "position", "is_active")


class CompetitorForm(StaffModelForm):
    """A competitor."""

    url = forms.URLField(
        label=lazy("Website"), max_length=300, required=False, assume_scheme="https"
    )

    class Meta:
        model = Competitor
        fields = ("name", "url", "words")


class ProductForm(StaffModelForm):
    """A product."""

    class Meta:
        model = Product
        fields = (
            "name", "sku", "price", "currency", "billing", "term_months", "tax", "category",
            "is_active",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["billing"].required = False  # once, unless it is said


def save_product(form: Any, _user: User) -> Product:
    """Store a product, stamped when it is new."""
    product: Product = form.save(commit=False)
    product.created_at = product.created_at or clock.now()
    product.save()
    return product


# beside the index of Settings, as everything that an admin sets
IN_SETTINGS: dict[str, Any] = {
    "template": "console/objects.html",
    "form_template": "console/object.html",
}
REASONS = Crud(
    LostReason,
    ReasonForm,
    permission="pipeline.edit",
    namespace="pipeline",
    slug="lost-reasons",
    **IN_SETTINGS,
    singular=lazy("Lost reason"),
    plural=lazy("Lost reasons"),
    intro=lazy(
        "Asked whenever a deal is lost. Reasons that do not count are left out of the win rate."
    ),
    columns=[
        ("name", lazy("Reason")),
        ("asks_competitor", lazy("Asks which competitor")),
        ("counts", lazy("Counts in the win rate")),
        ("is_active", lazy("Offered")),
    ],
    ordering=("position", "name"),
)
COMPETITORS = Crud(
    Competitor,
    CompetitorForm,
    permission="pipeline.edit",
    namespace="pipeline",
    slug="competitors",
    **IN_SETTINGS,
    singular=lazy("Competitor"),
    plural=lazy("Competitors"),
    intro=lazy(
        "Offered on deals and asked when a deal is lost to somebody. A new name that is typed there joins the list."
    ),
    columns=[
        ("name", lazy("Name")),
        ("url", lazy("Website")),
        ("words", lazy("How we win against them")),
    ],
    archived_field="is_archived",
)
PRODUCTS = Crud(
    Product,
    ProductForm,
    permission="pipeline.edit",
    namespace="pipeline",
    slug="products",
    **IN_SETTINGS,
    singular=lazy("Product"),
    plural=lazy("Products"),
    intro=lazy("What the lines of a deal are made of."),
    columns=[
        ("name", lazy("Name")),
        ("sku", lazy("Article number")),
        (lambda product: "" if product.price is None else f"{product.price.normalize():f} {product.currency}", lazy("Price")),
        (lambda product: product.get_billing_display(), lazy("Paid")),
        ("category", lazy("Category")),
        ("is_active", lazy("Offered")),
    ],
    save=save_product,
)  # fmt: skip


@access("pipeline.edit")
def index(request: HtmxHttpRequest) -> HttpResponse:
    """All pipelines, and a form for one more."""
    form = NewPipelineForm(sent(request))
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        if form.attempt(lambda: pipelines.create(name=name, by=request.user)):
            return redirect(request, reverse("pipeline:settings-pipeline", args=[form.result.pk]))
    rows = Pipeline.objects.in_use().prefetch_related("stages")
    context = {"pipelines": rows, "form": form}
    return render(request, "pipeline/settings.html", context, status=form.status)


@access("pipeline.edit")
def pipeline(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """One pipeline: its name and its stages in order."""
    found = get_object_or_404(Pipeline.objects.in_use(), pk=pk)
    form = PipelineForm(sent(request), instance=found)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        fresh = Pipeline.objects.get(pk=pk)
        if form.attempt(lambda: pipelines.change(fresh, values=values, by=request.user)):
            messages.success(request, _("Saved: %(name)s") % {"name": fresh.name})
            return redirect(request, request.path)
    counts = {stage.pk: Deal.objects.filter(stage=stage).count() for stage in found.stages.all()}
    context = {"pipeline": found, "form": form, "stages": found.stages.all(), "counts": counts}
    weights = chances.weights_of(
        Pipeline.objects.get(pk=pk)
    )  # a form that was refused wrote on `found`
    context |= {"weights": weights, "base": Organisation.current().base_currency}
    return render(request, "pipeline/settings_pipeline.html", context, status=form.status)


@require_POST
@access("pipeline.edit")
def archive(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put a pipeline away."""
    pipelines.archive(get_object_or_404(Pipeline.objects.in_use(), pk=pk), by=request.user)
    return redirect(request, reverse("pipeline:settings"))


@access("pipeline.edit")
def stage(request: HtmxHttpRequest, pk: int, stage_pk: int | None = None) -> HttpResponse:
    """Add a stage, or change one."""
    found = get_object_or_404(Pipeline.objects.in_use(), pk=pk)
    one = get_object_or_404(found.stages, pk=stage_pk) if stage_pk else None
    form = StageForm(sent(request), instance=one)
    if request.method == "POST" and form.is_valid():
        values = {key: value for key, value in form.cleaned_data.items() if key in form.fields}
        if form.attempt(lambda: stored(found, stage_pk, values, request.user)):
            return redirect(request, reverse("pipeline:settings-pipeline", args=[pk]))
    context = {"pipeline": found, "stage": one, "form": form}
    return render(request, "pipeline/settings_stage.html", context, status=form.status)


def stored(
    found: Pipeline, stage_pk: int | None, values: dict[str, Any], user: User
) -> PipelineStage:
    """Through the service, with a fresh row."""
    if stage_pk is None:
        kind = values.get("kind") or StageKind.OPEN
        if kind == StageKind.OPEN and values.get("probability") is None:
            values["probability"] = 50
        return pipelines.add_stage(found, values=values, by=user)
    fresh = PipelineStage.objects.get(pk=stage_pk)
    return pipelines.change_stage(fresh, values=values, by=user)


@require_POST
@access("pipeline.edit")
def shift(request: HtmxHttpRequest, pk: int, stage_pk: int, way: str) -> HttpResponse:
    """Move a stage one place up or down."""
    found = get_object_or_404(Pipeline.objects.in_use(), pk=pk)
    ids = list(found.stages.values_list("pk", flat=True))
    if stage_pk not in ids:
        raise Conflict(_("The stages changed meanwhile. Look again."))
    place = ids.index(stage_pk)
    other = place + (1 if way == "down" else -1)
    if 0 <= other < len(ids):
        ids[place], ids[other] = ids[other], ids[place]
        pipelines.order_stages(found, stage_ids=ids, by=request.user)
    return redirect(request, reverse("pipeline:settings-pipeline", args=[pk]))


@require_POST
@access("pipeline.edit")
def remove(request: HtmxHttpRequest, pk: int, stage_pk: int) -> HttpResponse:
    """Take a stage out."""
    found = get_object_or_404(Pipeline.objects.in_use(), pk=pk)
    pipelines.delete_stage(get_object_or_404(found.stages, pk=stage_pk), by=request.user)
    return redirect(request, reverse("pipeline:settings-pipeline", args=[pk]))
