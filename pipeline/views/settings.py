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
from leadflow.people.models import User
from leadflow.web.crud import Crud
from leadflow.web.forms import StaffModelForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from pipeline.models import Deal, LostReason, Pipeline, PipelineStage, Product, StageKind
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


class StageForm(StaffModelForm):
    """A stage; its kind is chosen once."""

    class Meta:
        model = PipelineStage
        fields = ("name", "kind", "probability", "expected_days", "rot_days", "category")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [pair for pair in StageKind.choices if pair[0] != StageKind.WON]
        field = self.fields["kind"]
        if self.instance.pk:
            del self.fields["kind"]
            if self.instance.kind != StageKind.OPEN:
                del self.fields["probability"]
        elif isinstance(field, forms.ChoiceField):
            field.choices = kinds
            self.fields["probability"].required = False

    def _post_clean(self) -> None:
        """The service checks and stores; the model's own check would judge half a stage."""


class ReasonForm(StaffModelForm):
    """A reason for losing."""

    class Meta:
        model = LostReason
        fields = ("name", "asks_competitor", "counts", "position", "is_active")


class ProductForm(StaffModelForm):
    """A product."""

    class Meta:
        model = Product
        fields = ("name", "sku", "price", "currency", "category", "is_active")


def save_product(form: Any, _user: User) -> Product:
    """Store a product, stamped when it is new."""
    product: Product = form.save(commit=False)
    product.created_at = product.created_at or clock.now()
    product.save()
    return product


REASONS = Crud(
    LostReason,
    ReasonForm,
    permission="pipeline.edit",
    namespace="pipeline",
    slug="lost-reasons",
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
PRODUCTS = Crud(
    Product,
    ProductForm,
    permission="pipeline.edit",
    namespace="pipeline",
    slug="products",
    singular=lazy("Product"),
    plural=lazy("Products"),
    intro=lazy("What the lines of a deal are made of."),
    columns=[
        ("name", lazy("Name")),
        ("sku", lazy("Article number")),
        (lambda product: "" if product.price is None else f"{product.price.normalize():f} {product.currency}", lazy("Price")),
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
