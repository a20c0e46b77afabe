"""Inbound hooks: what one is, and where the values of its calls go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from leadflow.integrations import hooks, maps, paths
from leadflow.integrations.models import InboundHook
from leadflow.integrations.trial import Trial
from leadflow.models import Campaign, Source
from leadflow.web.forms import StaffForm

# which ways of signing a field is for; console.css hides the same ones
SIGNED_WITH = {
    "header": ("hmac", "timed", "token", "body"),
    "prefix": ("hmac", "token"),
    "encoding": ("hmac",),
}


class HookForm(StaffForm):
    """A hook as it may be changed at any time."""

    name = forms.CharField(
        label=_l("Name"), max_length=80, help_text=_l("Who calls: a provider, a tool.")
    )
    unknown = forms.ChoiceField(
        label=_l("People who are not known"), choices=InboundHook.Unknown.choices,
        help_text=_l("Of behaviour and facts. A form answer always makes its lead."),
    )  # fmt: skip
    source = forms.ModelChoiceField(
        Source.objects.order_by("name"), label=_l("Source"), required=False
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.order_by("name"), label=_l("Campaign"), required=False
    )
    header = forms.CharField(
        label=_l("Header of the signature, or path of the key"), max_length=120, required=False,
        help_text=_l("Such as X-Hub-Signature-256. Standard Webhooks needs none."),
    )  # fmt: skip
    prefix = forms.CharField(  # type: ignore[assignment]
        label=_l("What stands before it"), max_length=20, required=False, strip=False,
        help_text=_l("Such as sha256= or Bearer and a space."),
    )  # fmt: skip
    encoding = forms.ChoiceField(
        label=_l("Letters of the signature"), choices=InboundHook.Encoding.choices
    )
    system = forms.CharField(
        label=_l("System of the ids of people"), max_length=40, required=False,
        help_text=_l("The word that an import gave it, where ids of people are mapped."),
    )  # fmt: skip

    def __init__(self, *args: Any, hook: InboundHook | None = None, **kwargs: Any) -> None:
        if hook is not None:
            kwargs["initial"] = {name: getattr(hook, name) for name in HookForm.base_fields}
        super().__init__(*args, **kwargs)
        if hook is not None:  # a new one hides them in the browser, by what is chosen
            left_out = [name for name, some in SIGNED_WITH.items() if hook.signing not in some]
            left_out += ["unknown"] if hook.makes == maps.LEAD else []
            for name in left_out:
                del self.fields[name]


class NewHookForm(HookForm):
    """A new hook also says what it makes and how its calls are signed."""

    makes = forms.ChoiceField(label=_l("What a call makes"), choices=InboundHook.Makes.choices)
    scheme = forms.ChoiceField(
        label=_l("How calls are signed"), choices=InboundHook.Signing.choices
    )
    secret = forms.CharField(
        label=_l("Secret of the sender"), max_length=200, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "lf-input"}),
        help_text=_l("Where the sender chooses it. Empty: we make one and show it once."),
    )  # fmt: skip
    field_order = [
        "name",
        "makes",
        "unknown",
        "source",
        "campaign",
        "scheme",
        "header",
        "prefix",
        "encoding",
        "secret",
        "system",
    ]


class SecretForm(StaffForm):
    """A new secret for a hook."""

    secret = forms.CharField(
        label=_l("Secret of the sender"), max_length=200, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "lf-input"}),
        help_text=_l("Empty: we make one and show it once."),
    )  # fmt: skip
    at_once = forms.BooleanField(
        label=_l("End the old one at once"), required=False,
        help_text=_l("It has become known. Else it counts for a day more."),
    )  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One field of ours on the mapping screen; `found` is what its path leads to in the sample."""

    place: int
    target: maps.Target
    path: Any
    change: Any
    found: str
    wrong: str
    is_missed: bool  # the path leads nowhere, which may be all right in another call


class MapForm(StaffForm):
    """The mapping of a hook: for each field of ours a path or a constant, and what is done to it."""

    sample = forms.CharField(
        label=_l("Sample"), required=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "lf-input lf-hook-sample"}),
        help_text=_l("What the sender sends, pasted or from the last call. It is not kept."),
    )  # fmt: skip
    each = forms.CharField(
        label=_l("List of records"), max_length=200, required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none",
                   "class": "lf-input lf-hook-path", "data-path-into": _l("List of records"), "data-each": "", "aria-describedby": "hint-each says-each"}
        ),
        help_text=_l("Where one call brings several: the path of the list. The paths below then begin in each entry."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, hook: InboundHook, document: Mapping[str, Any], **kwargs: Any
    ) -> None:
        rules = document.get("fields", {})
        initial = {"each": document.get("each", "")} | kwargs.pop("initial", {})
        self.targets = maps.targets(hook.makes, hooks.custom_labels())
        for one in self.targets:
            rule = rules.get(one.key, {})
            initial |= {
                f"from_{one.key}": rule.get("from", ""),
                f"do_{one.key}": rule.get("do", ""),
            }
        super().__init__(*args, initial=initial, **kwargs)
        self.hook = hook
        changes = [
            ("", _l("as it is")),
            *((key, label) for key, (label, _change) in paths.CHANGES.items()),
        ]
        for place, one in enumerate(self.targets):
            self._add(one, place, changes)

    def _add(self, one: maps.Target, place: int, changes: list[tuple[str, Any]]) -> None:
        path = forms.CharField(
            label=str(one.label), max_length=300, required=False, help_text=str(one.hint)
        )
        path.widget.attrs |= {
            "autocomplete": "off",
            "spellcheck": "false",
            "autocapitalize": "none",
            "class": "lf-input lf-hook-path",
            "data-path-into": str(one.label),
            "aria-describedby": f"hint-{place} says-{place}" if one.hint else f"says-{place}",
        }
        change = forms.ChoiceField(
            label=_("Change of %s") % one.label, choices=changes, required=False
        )
        change.widget.attrs |= {
            "aria-label": _("Change of %s") % one.label,
            "class": "lf-input form-select",
        }
        self.fields[f"from_{one.key}"], self.fields[f"do_{one.key}"] = path, change

    def groups(self, trial: Trial) -> Iterator[tuple[Any, list[Row]]]:
        """The fields of ours under their headings, each with what the sample says to it."""
        rows = [self._row(place, one, trial) for place, one in enumerate(self.targets)]
        for group in dict.fromkeys(one.group for one in self.targets):
            yield group, [row for row in rows if row.target.group == group]

    def _row(self, place: int, one: maps.Target, trial: Trial) -> Row:
        path = self[f"from_{one.key}"]
        wrong = trial.wrong.get(one.key) or " ".join(map(str, path.errors))
        found = trial.found.get(one.key)
        is_missed = found == "" and not wrong
        return Row(place, one, path, self[f"do_{one.key}"], found or "", wrong, is_missed)

    def document(self) -> dict[str, Any]:
        """The mapping as it is kept."""
        told = self.cleaned_data
        fields: dict[str, dict[str, str]] = {}
        for one in self.targets:
            if path := str(told.get(f"from_{one.key}") or ""):
                change = str(told.get(f"do_{one.key}") or "")
                fields[one.key] = {"from": path} | ({"do": change} if change else {})
        return {"each": told.get("each") or "", "fields": fields}

    def take(self, refusal: Any) -> None:
        """The messages of a field stand at its path."""
        named = {
            key if key in ("each", "__all__") else f"from_{key}": said
            for key, said in refusal.fields.items()
        }
        for name, said in named.items():
            self.add_error(name if name in self.fields else None, list(said))
