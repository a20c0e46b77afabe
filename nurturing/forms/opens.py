"""Whether opens are counted: as the organisation wants it, or as is said here."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.models import Organisation


class OpensField(forms.NullBooleanField):
    """Yes, no, or None for as the settings say; the empty choice tells what they say today."""

    widget = forms.NullBooleanSelect

    def __init__(self, **kwargs: Any) -> None:
        help_text = _(
            "By an invisible picture. It tells little: mail programs open mails by themselves."
        )
        super().__init__(required=False, label=_("Opens"), help_text=help_text, **kwargs)

    def offer(self) -> None:
        """Fill the choices in."""
        counts = Organisation.current().track_opens
        usual = (
            _t("As in the settings: count them")
            if counts
            else _t("As in the settings: do not count")
        )
        self.widget.choices = [
            ("unknown", usual),
            ("true", _t("Count them")),
            ("false", _t("Do not count them")),
        ]
