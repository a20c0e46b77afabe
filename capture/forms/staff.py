"""The forms that marketers fill in about forms."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from capture.blocks.starts import STARTS
from capture.models import Form, Magnet, Occasion, origin_list
from capture.services import promises
from leadflow.assets import files
from leadflow.assets.models import ContentItem, File
from leadflow.conditions.language import Catalogue
from leadflow.errors import Invalid
from leadflow.mail.merge import MergeError, compile_template
from leadflow.models import Campaign, Source, Tag
from leadflow.people.models import User
from leadflow.web.forms import StaffForm, StaffModelForm
from leadflow.web.rules import ConditionField


class NewForm(StaffForm):
    """What a new form is called and what it starts from."""

    start = forms.ChoiceField(choices=[(key, start.name) for key, start in STARTS.items()])
    name = forms.CharField(max_length=120, required=False)
    occasion = forms.ModelChoiceField(Occasion.objects.all(), required=False)


class AfterForm(StaffModelForm):
    """What happens after somebody sent the form."""

    tag_names = forms.CharField(
        label=_("Tags for the lead"),
        required=False,
        max_length=300,
        help_text=_("Separate them with commas. New ones are made."),
    )

    class Meta:
        model = Form
        fields = [
            "name",
            "thanks_title",
            "thanks_text",
            "redirect_url",
            "stage",
            "funnel_position",
            "source",
            "campaign",
            "notify",
        ]
        widgets = {
            "thanks_text": forms.Textarea(attrs={"rows": 3}),
            "notify": forms.CheckboxSelectMultiple,
            "redirect_url": forms.TextInput(attrs={"placeholder": "https://"}),
        }
        help_texts = {"redirect_url": _("Leave empty to show the thank-you words.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Source.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["notify"].queryset = User.objects.active().filter(email__isnull=False)  # type: ignore[attr-defined]
        if self.instance.pk and not self.is_bound:
            names = self.instance.tags.values_list("name", flat=True)
            self.initial["tag_names"] = ", ".join(names)

    def clean_tag_names(self) -> list[str]:
        """The names, tidied, each once."""
        names = [part.strip()[:60] for part in self.cleaned_data["tag_names"].split(",")]
        return list(dict.fromkeys(name for name in names if name))

    def tags(self) -> list[Tag]:
        """The tags of those names, made where they are new."""
        names = self.cleaned_data["tag_names"]
        return [Tag.objects.get_or_create(name=name)[0] for name in names]


class RoutingForm(StaffForm):
    """Whose the lead is, and which sequence she enters: references to what other packages own.

    The lists come from their own pickers when the page is open; only the number is kept here.
    """

    owner = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=_("Give the lead to"),
        empty_label=_("whoever the routing says"),
        help_text=_("A lead that has an owner keeps that owner."),
    )
    pool = forms.IntegerField(
        required=False, min_value=1, widget=forms.Select, label=_("or to whose turn it is in")
    )
    sequence = forms.IntegerField(
        required=False,
        min_value=1,
        widget=forms.Select,
        label=_("Sequence to enter"),
        help_text=_("Consent, caps and quiet hours hold as everywhere."),
    )

    def __init__(self, *args: Any, references: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, initial=dict(references), **kwargs)
        self.fields["owner"].queryset = User.objects.can_own()  # type: ignore[attr-defined]
        pickers = {"pool": "distribution:pool-options", "sequence": "nurturing:options"}
        for name, door in pickers.items():
            chosen = self.data.get(self.add_prefix(name)) if self.is_bound else references.get(name)
            chosen = str(chosen) if str(chosen or "").isdecimal() else ""
            widget = self.fields[name].widget
            widget.choices = [(chosen, _("Loading …"))]
            widget.attrs |= {
                "hx-get": f"{reverse(door)}?chosen={chosen}",
                "hx-trigger": "load",
                "hx-swap": "innerHTML",
            }

    def clean(self) -> dict[str, Any]:
        """A person or a pool, not both."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("owner") and values.get("pool"):
            self.add_error("pool", _("Choose a person or a pool, not both."))
        return values

    def references(self) -> dict[str, int]:
        """What is kept: kind to number."""
        values = self.cleaned_data
        owner = values["owner"].pk if values["owner"] else None
        found = {"owner": owner, "pool": values["pool"], "sequence": values["sequence"]}
        return {kind: number for kind, number in found.items() if number}


class MagnetForm(StaffModelForm):
    """What the visitor gets in return, and how."""

    class Meta:
        model = Magnet
        fields = ["files", "is_on_page", "days", "sends_mail", "subject", "text"]
        widgets = {
            "files": forms.CheckboxSelectMultiple,
            "text": forms.Textarea(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, paths: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.paths = paths
        files = File.objects.filter(Q(is_archived=False) | Q(magnets=self.instance.pk or 0))
        self.fields["files"].queryset = files.distinct()  # type: ignore[attr-defined]
        if not files.exists():
            self.fields["files"].help_text = _(
                "There is no file yet. Add one to the library first."
            )
        self.fields["days"].required = False
        self.fields["subject"].widget.attrs["placeholder"] = promises.default_subject()
        self.fields["text"].widget.attrs["placeholder"] = promises.default_text()

    def clean_days(self) -> int:
        """A month, unless somebody says otherwise."""
        given = self.cleaned_data["days"]
        return 30 if given is None else int(given)

    def clean_subject(self) -> str:
        """A subject that can be filled in."""
        return self._template("subject")

    def clean_text(self) -> str:
        """A text that can be filled in."""
        return self._template("text")

    def _template(self, name: str) -> str:
        source = str(self.cleaned_data[name])
        try:
            compile_template(source, self.paths)
        except MergeError as error:
            raise forms.ValidationError(error.message) from None
        return source

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to hand over or to send."""
        values = self.cleaned_data
        return bool(values["files"] or values["sends_mail"] or self.instance.pk)


class FileForm(StaffModelForm):
    """A file of the library: what it is called and what a download is worth."""

    upload = forms.FileField(
        label=_("File"),
        help_text=_("PDF, DOCX, XLSX, PPTX, EPUB or ZIP, at most 50 MB."),
    )

    class Meta:
        model = File
        fields = ["name", "topic", "points", "item"]

    field_order = ["upload", "name", "topic", "points", "item"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = ContentItem.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["points"].required = False
        if self.instance.pk:
            self.fields["upload"].required = False
            self.fields["upload"].label = _("Replace the file by")
            self.fields["upload"].help_text = _("The links stay the same. Leave empty to keep it.")

    def clean_points(self) -> int:
        """None means that a download is worth nothing by itself."""
        return self.cleaned_data["points"] or 0

    def clean_upload(self) -> files.Upload | None:
        """The bytes, judged by what they are."""
        given = self.cleaned_data["upload"]
        if not given:
            return None
        try:
            return files.read(given.file, name=given.name)
        except Invalid as refusal:
            raise forms.ValidationError(refusal.message) from None

    @property
    def values(self) -> dict[str, Any]:
        """The fields of the row."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class PersonForm(StaffForm):
    """For whom a link of her own is made."""

    email = forms.EmailField(
        label=_("Email of the lead"),
        help_text=_("The link knows this person for 30 days and does not ask what we know. Send it to nobody else."),
    )  # fmt: skip


class EmbedForm(StaffForm):
    """How a popup or a slide-in comes up. It changes nothing: the snippet says it all."""

    words = forms.CharField(
        label=_("Words of the link that opens it"), required=False, max_length=80,
        help_text=_("Without JavaScript the link leads to the form's own page."),
    )  # fmt: skip
    opens = forms.ChoiceField(
        label=_("It also opens by itself"),
        required=False,
        choices=[
            ("", _("No")),
            ("soon", _("After 5 seconds")),
            ("later", _("After 30 seconds")),
            ("half", _("Halfway down the page")),
            ("exit", _("When the mouse leaves the page at the top")),
        ],
    )
    once = forms.ChoiceField(
        label=_("Once closed or sent, it stays away"),
        required=False,
        choices=[
            ("", _("On this page only: nothing is stored")),
            ("visit", _("For the visit")),
            ("7", _("For 7 days")),
            ("30", _("For 30 days")),
        ],
        help_text=_("Kept in the visitor's browser, and never where your tracker was refused."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Something must open it."""
        values = super().clean() or {}
        if not values.get("words") and not values.get("opens"):
            self.add_error("words", _("Give the link words, or choose when it opens by itself."))
        return values


class SiftForm(StaffForm):
    """The rule by which the answers of a form are sifted."""

    rule = ConditionField("form", label=_("Show answers that match"))

    def __init__(self, known: Catalogue, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("ConditionField", self.fields["rule"]).catalogue = lambda: known


class ShareForm(StaffForm):
    """The sites that may embed the form."""

    origins = forms.CharField(
        label=_("Sites that may embed this form"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "https://www.example.com"}),
        help_text=_(
            "One a line, with https:// and without a path. No other site can show the form."
        ),
    )

    def clean_origins(self) -> list[str]:
        """One site a line, as browsers name them."""
        rows = [
            row.strip().rstrip("/").lower() for row in self.cleaned_data["origins"].splitlines()
        ]
        origins = list(dict.fromkeys(row for row in rows if row))
        origin_list(origins)
        return origins
