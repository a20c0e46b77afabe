"""The forms of the wizard."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.imports import formats, reading, services
from leadflow.imports.models import Import, SavedMapping
from leadflow.imports.parsing import MAKE
from leadflow.imports.registry import Context, Field, targets_for
from leadflow.imports.words import Unknown
from leadflow.people.models import User
from leadflow.web.forms import StaffForm, dress

_KEPT = ("match", "existing", "create", "pipeline", "tags", "dates", "decimals", "system")
_PROOF = ("all_consent_text", "all_consent_on")
_EITHER = ("", _("Choose: both would fit"))
MAX_UPLOAD = 500_000_000  # bytes; larger files come in by the command line


class UploadForm(StaffForm):
    """Which file, and what its lines are."""

    entity = forms.ChoiceField(label=_("What the lines are"))
    file = forms.FileField(
        label=_("File"),
        help_text=_("A table as CSV, TSV or text, a workbook (.xlsx) or an address book (.vcf)."),
        widget=forms.ClearableFileInput(
            {"accept": ".csv,.tsv,.txt,.xlsx,.vcf,text/csv,text/vcard", "class": "lf-input"}
        ),
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


class ReadForm(StaffForm):
    """How the file is written: found by itself, and open to be told otherwise."""

    sheet = forms.ChoiceField(label=_("Sheet"))
    heading = forms.IntegerField(
        label=_("Line with the headings"),
        min_value=0,
        max_value=200,
        help_text=_("0 if there is none."),
    )
    delimiter = forms.ChoiceField(
        label=_("Columns are cut by"),
        choices=[(",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")), ("|", _("Bar"))],
    )
    encoding = forms.ChoiceField(label=_("Letters"), choices=list(reading.ENCODINGS.items()))

    def __init__(self, *args: Any, imported: Import, **kwargs: Any) -> None:
        names = ("sheet", "heading", "delimiter", "encoding")
        initial = {name: getattr(imported, name) for name in names}
        super().__init__(*args, initial=initial, **kwargs)
        if imported.original:
            self.fields["sheet"].choices = [(name, name) for name in imported.sheets]  # type: ignore[attr-defined]
        else:
            del self.fields["sheet"]
        if imported.kind != formats.TEXT:
            del self.fields["delimiter"], self.fields["encoding"]
        if imported.kind == formats.CARDS:
            del self.fields["heading"]

    def changed(self) -> dict[str, Any]:
        """What was told otherwise; another sheet has headings of its own to be found."""
        data = self.cleaned_data
        told = {name: data[name] for name in self.changed_data}
        if "sheet" in told:
            return {"sheet": told["sheet"]}
        if told and "heading" not in told and "heading" in data:
            told["heading"] = data["heading"]
        return told


class MapForm(StaffForm):
    """Which column is which field, where the records go, and what happens to those that are known."""

    match = forms.ChoiceField(
        label=_("A line is somebody known by"),
        required=False,
        help_text=_("Nobody who is known by this is made a second time."),
    )
    existing = forms.ChoiceField(
        label=_("A record that is known already"),
        choices=[
            ("fill", _("Fill what is blank, overwrite nothing")),
            ("overwrite", _("Overwrite with what the file says")),
            ("skip", _("Leave as it is")),
        ],
    )
    create = forms.BooleanField(label=_("Make records that are not known yet"), required=False)
    pipeline = forms.ChoiceField(
        label=_("Pipeline"),
        help_text=_("Stages of the file are those of this pipeline; others are asked for next."),
    )
    tags = forms.CharField(
        label=_("Tags for every person of this file"),
        max_length=200,
        required=False,
        help_text=_("With commas between, such as: fair 2026, partner."),
    )
    dates = forms.ChoiceField(
        label=_("Dates are written"),
        choices=[("iso", "2026-12-31"), ("dmy", "31.12.2026, 31/12/2026"), ("mdy", "12/31/2026")],
    )
    decimals = forms.ChoiceField(
        label=_("Numbers are written"),
        choices=[(".", "1,234.50"), (",", "1.234,50")],
        required=False,
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
        kept = {key: imported.choices[key] for key in _KEPT if key in imported.choices}
        super().__init__(*args, initial={"existing": "fill", "create": True, **kept}, **kwargs)
        self.imported = imported
        self.target = services.target_for(imported)
        context = services.context_of(imported)
        fields = self.target.fields_for(context)
        self._offer_what_fits(fields)
        self._add_values_for_all(fields, context)
        self._add_columns(fields)
        self.columns = [
            (
                self[f"column_{n}"],
                [row[n] for row in samples if n < len(row) and row[n].strip()][:3],
            )
            for n in range(len(imported.headers))
        ]

    def _offer_what_fits(self, fields: Sequence[Field]) -> None:
        """Drop the questions that make no difference for this kind of record."""
        if not self.target.changes_known:
            del self.fields["existing"]
        if self.target.matches:
            self.fields["match"].choices = list(self.target.matches.items())  # type: ignore[attr-defined]
        else:
            del self.fields["match"]
        names = self.target.pipelines() if self.target.pipelines else []
        if names:
            self.fields["pipeline"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        else:
            del self.fields["pipeline"]
        if not any(field.key == "tags" for field in fields):
            del self.fields["tags"]
        self._ask_of_signs("dates", fields, ("date", "moment"))
        self._ask_of_signs("decimals", fields, ("decimal", "integer"))
        if not any(field.key == "external_id" for field in fields):
            del self.fields["system"]

    def _ask_of_signs(self, name: str, fields: Sequence[Field], kinds: Sequence[str]) -> None:
        """How days or numbers are written: as guessed, or without a guess where both would fit."""
        if not any(field.kind in kinds for field in fields):
            del self.fields[name]
        elif name in self.imported.choices.get("unsure", ()):
            field = self.fields[name]
            field.choices = [_EITHER, *field.choices]  # type: ignore[attr-defined]
            field.required, self.initial[name] = False, ""
        elif name == "decimals" and not self.imported.choices.get("decimals"):
            self.fields[name].choices = [("", _("Each tells its own")), *self.fields[name].choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for the order of days and the sign of numbers only where a column needs it."""
        data: dict[str, Any] = super().clean() or {}
        kinds = {
            field.kind
            for n in range(len(self.imported.headers))
            if (field := self.target.field_of(data.get(f"column_{n}") or ""))
        }
        for name, of, said in (
            ("dates", {"date", "moment"}, _("3/4 may be the third of April or the fourth of March. Choose.")),
            ("decimals", {"decimal", "integer"}, _("1,234 may be a thousand or a little more than one. Choose.")),
        ):  # fmt: skip
            unsure = name in self.imported.choices.get("unsure", ())
            if unsure and name in self.fields and kinds & of and not data.get(name):
                self.add_error(name, said)
        return data

    def _add_values_for_all(self, fields: Sequence[Field], context: Context) -> None:
        self.for_all: dict[str, str] = {}
        for field in fields:
            if field.for_all:
                name = f"all_{field.key}"
                self.for_all[name] = field.key
                self.fields[name] = _for_all(field, context)
                dress(self.fields[name])
                self.initial[name] = self.imported.constants.get(field.key, "")

    def _add_columns(self, fields: Sequence[Field]) -> None:
        options = [("", _("Leave out"))] + [
            (one.key, f"{one.label} *" if one.required else one.label) for one in fields
        ]
        for number, header in enumerate(self.imported.headers):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=header,
                choices=options,
                required=False,
                initial=self.imported.mapping.get(str(number), ""),
                widget=forms.Select({"class": "lf-input form-select"}),
            )

    def _of(self, *names: str) -> list[Any]:
        return [self[name] for name in names if name in self.fields]

    @property
    def known(self) -> list[Any]:
        """What happens to records that are known."""
        return self._of("match", "existing", "create")

    @property
    def places(self) -> list[Any]:
        """Where the records go, and how the file is to be read."""
        looked_up = [name for name in self.for_all if name not in _PROOF]
        return self._of("pipeline", *looked_up, "tags", "dates", "decimals", "system")

    @property
    def proof(self) -> list[Any]:
        """What holds for every consent of the file that names nothing of its own."""
        return self._of(*_PROOF)

    @property
    def keeping(self) -> list[Any]:
        """The mapping as something to keep."""
        return self._of("save_as")

    def plan(self) -> dict[str, Any]:
        """What was decided, for the service."""
        data = self.cleaned_data
        numbers = range(len(self.imported.headers))
        columns = {str(n): data[f"column_{n}"] for n in numbers if data[f"column_{n}"]}
        choices = {key: data[key] for key in _KEPT if key in data}
        constants = {key: str(data[name]) for name, key in self.for_all.items() if data[name]}
        others = {
            k: v for k, v in self.imported.constants.items() if k not in self.for_all.values()
        }
        return {
            "columns": columns,
            "constants": others | constants,
            "choices": {
                **self.imported.choices,
                **choices,
                "unsure": [n for n in self.imported.choices.get("unsure", ()) if not data.get(n)],
            },
        }


def _for_all(field: Field, context: Context) -> forms.Field:
    """One value for the lines that name none: a record, a day or words."""
    label = _("%(field)s of lines that name none") % {"field": field.label}
    if field.lookup:
        options = [(word, word) for word in field.lookup.options(context)]
        return forms.ChoiceField(
            label=label, required=False, widget=forms.Select({"class": "lf-input form-select"}),
            choices=[("", _("Nobody") if field.key == "owner" else _("None")), *options],
        )  # fmt: skip
    if field.kind == "moment":
        return forms.DateField(label=label, required=False)
    return forms.CharField(
        label=label, required=False, max_length=2_000, widget=forms.Textarea({"rows": 2})
    )


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
        self.groups: list[tuple[Unknown, list[tuple[str, int, Any, str]]]] = []
        for place, one in enumerate(unknown):
            rows = []
            for number, (word, count) in enumerate(one.words.items()):
                name = f"word_{place}_{number}"
                self.fields[name] = _word_field(one, word)
                self.names[name] = (one.field.key, word)
                rows.append((word, count, self[name], one.nearest(word)))
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
        label=word, choices=options, required=False, initial=one.nearest(word),
        widget=forms.Select({"class": "lf-input form-select"}),
    )  # fmt: skip
