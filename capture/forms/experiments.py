"""What a marketer decides about an A/B test before it starts."""

from typing import Any

from capture.services.experiments import GOALS
from leadflow.experiments.models import Experiment, Variant
from leadflow.web.forms import StaffModelForm


class VariantForm(StaffModelForm):
    """The share of one variant, and what is different about it."""

    class Meta:
        model = Variant
        fields = ["label", "weight"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.is_control:
            del self.fields["label"]


class ArrangeForm(StaffModelForm):
    """Goal, day of decision, and the variants with their shares."""

    class Meta:
        model = Experiment
        fields = ["goal", "goal_days", "look_days"]

    def __init__(self, *args: Any, instance: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.fields["goal"].choices = [  # type: ignore[attr-defined]
            (goal.value, goal.label) for goal in GOALS[instance.kind]
        ]
        data = self.data if self.is_bound else None
        rows = instance.variants.defer("draft").order_by("key")
        self.variants = [VariantForm(data, instance=row, prefix=row.key) for row in rows]

    def is_valid(self) -> bool:
        """All of it, the variants too."""
        return all([super().is_valid(), *(row.is_valid() for row in self.variants)])

    @property
    def status(self) -> int:
        """422 when anything was refused."""
        refused = any(one.errors for one in (self, *self.variants))
        return 422 if self.is_bound and refused else 200

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        shares = {
            row.instance.key: (row.cleaned_data["weight"], row.cleaned_data.get("label", ""))
            for row in self.variants
        }
        return {**self.cleaned_data, "variants": shares}
