"""What people type about objections."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as lazy

from leadflow.assets.models import ContentItem
from leadflow.web.forms import StaffForm, StaffModelForm
from pipeline.models import Objection, ObjectionAnswer, ObjectionKind
from pipeline.selectors import objections
from pipeline.services.objections import Told


class ObjectionForm(StaffForm):
    """What was said against it, what was answered, and how that went."""

    kind = forms.ModelChoiceField(
        ObjectionKind.objects.none(), label=lazy("Objection"), empty_label=lazy("Choose")
    )
    words = forms.CharField(
        label=lazy("What was said"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    answer = forms.ChoiceField(
        label=lazy("Answer of the playbook"), required=False, choices=[("", lazy("None of them"))]
    )
    own_words = forms.CharField(
        label=lazy("In your own words"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=lazy("What you said instead, or beside it."),
    )
    item = forms.ModelChoiceField(
        ContentItem.objects.none(),
        label=lazy("What you showed"),
        required=False,
        empty_label=lazy("Nothing, or what belongs to the answer"),
    )
    state = forms.ChoiceField(
        label=lazy("Result"),
        choices=Objection.State.choices,
        initial=Objection.State.OPEN,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, row: Objection | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("kind", objections.kinds(row.kind_id if row else None)),
            ("item", ContentItem.objects.filter(is_archived=False).order_by("title")),
        ):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows
        self._group_answers(row)
        if row is not None:
            names = ("words", "own_words", "state", "kind", "item")
            self.initial = {name: getattr(row, name) for name in names}
            self.initial["answer"] = row.answer_id or ""

    def _group_answers(self, row: Objection | None) -> None:
        """Each under its objection, so that the list reads without a script."""
        offered = {one.pk: one for one in objections.answers()}
        if row is not None and row.answer is not None:
            offered.setdefault(row.answer.pk, row.answer)
        groups: dict[str, list[tuple[str, str]]] = {}
        for one in offered.values():
            groups.setdefault(str(one.kind), []).append((str(one.pk), one.title))
        self._answers = {str(pk): one for pk, one in offered.items()}
        field = self.fields["answer"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", lazy("None of them")), *groups.items()]

    def told(self) -> Told:
        """As the service takes it."""
        values = self.cleaned_data
        return Told(
            kind=values["kind"],
            words=values["words"],
            answer=self._answers.get(values["answer"]),
            own_words=values["own_words"],
            item=values["item"],
            state=values["state"],
        )


class ObjectionKindForm(StaffModelForm):
    """A kind of objection."""

    class Meta:
        model = ObjectionKind
        fields = ("name", "position", "is_active")


class ObjectionAnswerForm(StaffModelForm):
    """An approved answer."""

    class Meta:
        model = ObjectionAnswer
        fields = ("kind", "title", "words", "item", "position", "is_active")
        widgets = {"words": forms.Textarea(attrs={"rows": 6})}
