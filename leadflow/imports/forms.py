"""The forms of the wizard."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.imports import services
from leadflow.imports.models import Import, SavedMapping
from leadflow.imports.parsing import MAKE
from leadflow.imports.registry import targets_for
from leadflow.imports.words import Unknown
from leadflow.people.models import User
from leadflow.web.forms import StaffForm

MAX_UPLOAD = 500_000_000  # bytes; larger files come in by the command line


class UploadForm(StaffForm):
    """Which file, and what its lines are."""

    entity = forms.ChoiceField(label=_("What the lines are"))
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV with a heading line: commas, semicolons or tabs, UTF-8 or Windows letters."
        ),
        widget=forms.ClearableFileInput({"accept": ".csv,.tsv,.txt,text/csv", "class": "lf-input"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].choices = [(t.key, t.label) for t in targets_for(user)]  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """Refuse what only the command line should take."""
        file = self.cleaned_data["file"]
        if file.size > MAX_UPLOAD:
            raise forms.ValidationError(
                _("Larger than 500 MB. Split it, or use `leadflow import`.")
            )
        return file


class MapForm(StaffForm):
    """Which column is which field, and what happens to records that are known."""

    existing = forms.ChoiceField(
        label=_("A record that is known already"),
        choices=[
            ("fill", _("Fill what is blank, overwrite nothing")),
            ("overwrite", _("Overwrite with what the file says")),
            ("skip", _("Leave as it is")),
        ],
    )
    create = forms.BooleanField(label=_("Make records that are not known yet"), required=False)
    dates = forms.ChoiceField(
        label=_("Dates are written"),
        choices=[("iso", "2026-12-31"), ("dmy", "31.12.2026, 31/12/2026"), ("mdy", "12/31/2026")],
    )
    system = forms.CharField(
        label=_("Name of the old system"),
        max_length=40,
        required=False,
        help_text=_("Ids are kept under this name, so a second import finds its records again."),
    )
    save_as = forms.CharField(
        label=_("Keep this mapping as"),
        max_length=120,
        required=False,
        help_text=_("A later file with these headings can use it."),
    )

    def __init__(
        self, *args: Any, imported: Import, samples: Sequence[Sequence[str]], **kwargs: Any
    ):
        chosen = imported.choices
        initial = {
            "existing": chosen.get("existing", "fill"),
            "create": chosen.get("create", True),
            "dates": chosen.get("dates", "iso"),
            "system": chosen.get("system", ""),
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.imported = imported
        target = services.target_for(imported)
        options = [("", _("Leave out"))] + [
            (one.key, f"{one.label} *" if one.required else one.label)
            for one in target.fields_for(services.context_of(imported))
        ]
        for number, header in enumerate(imported.headers):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=header,
                choices=options,
                required=False,
                initial=imported.mapping.get(str(number), ""),
                widget=forms.Select({"class": "lf-input form-select"}),
            )
        self.columns = [
            (
                self[f"column_{n}"],
                [row[n] for row in samples if n < len(row) and row[n].strip()][:3],
            )
            for n in range(len(imported.headers))
        ]

    @property
    def choices(self) -> list[Any]:
        """The fields that are no columns."""
        return [self[name] for name in self.base_fields]

    def plan(self) -> dict[str, Any]:
        """What was decided, for the service."""
        data = self.cleaned_data
        numbers = range(len(self.imported.headers))
        columns = {str(n): data[f"column_{n}"] for n in numbers if data[f"column_{n}"]}
        kept = {"existing", "create", "dates", "system"}
        choices = {**self.imported.choices, **{key: data[key] for key in kept}}
        return {"columns": columns, "choices": choices}


class UseForm(StaffForm):
    """A mapping that was kept."""

    saved = forms.ModelChoiceField(SavedMapping.objects.none(), label=_("Use a kept mapping"))

    def __init__(self, *args: Any, imported: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = SavedMapping.objects.filter(entity=imported.entity)
        self.fields["saved"].queryset = rows  # type: ignore[attr-defined]


class WordsForm(StaffForm):
    """What the words that nobody knows here mean, each asked once."""

    def __init__(self, *args: Any, unknown: Sequence[Unknown], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names: dict[str, tuple[str, str]] = {}
        self.groups: list[tuple[Unknown, list[tuple[str, int, Any]]]] = []
        for place, one in enumerate(unknown):
            rows = []
            for number, (word, count) in enumerate(one.words.items()):
                name = f"word_{place}_{number}"
                self.fields[name] = _word_field(one, word)
                self.names[name] = (one.field.key, word)
                rows.append((word, count, self[name]))
            self.groups.append((one, rows))

    def merged(self, values: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
        """The map of words with what was chosen now."""
        found = {key: dict(words) for key, words in values.items()}
        for name, (key, word) in self.names.items():
            if meant := self.cleaned_data.get(name):
                found.setdefault(key, {})[word] = meant
        return found


def _word_field(one: Unknown, word: str) -> forms.Field:
    if one.field.kind == "country":
        return forms.CharField(
            label=word, required=False, max_length=2,
            widget=forms.TextInput({"class": "lf-input", "size": 2, "maxlength": 2}),
        )  # fmt: skip
    options: list[tuple[str, Any]] = [("", _("Nothing: reject these lines"))]
    if one.may_make:
        options.append((MAKE, _("Make it new")))
    options += [(option, option) for option in one.options]
    return forms.ChoiceField(
        label=word, choices=options, required=False,
        widget=forms.Select({"class": "lf-input form-select"}),
    )  # fmt: skip
