"""What a visitor tells who books a time, beside the time."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from capture.forms.fields import EmailAnswer, LineAnswer, ParagraphAnswer, PhoneAnswer
from leadflow.calendars.models import MeetingType
from leadflow.models import Lead


class BookerForm(forms.Form):
    """Name and address, a number where we call; of a known person only what we do not know."""

    name = LineAnswer(
        label=_("Your name"), max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Tell us your name.")},
    )  # fmt: skip
    email = EmailAnswer(
        label=_("Email"), max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Give an address: the confirmation goes there.")},
    )  # fmt: skip
    phone = PhoneAnswer(
        country="", label=_("Phone"), max_length=40,
        help_text=_("With the country code, such as +49 30 901820. We call you there."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"required": _("Give the number on which we call you.")},
    )  # fmt: skip
    note = ParagraphAnswer(
        label=_("What do you want to talk about? (optional)"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, meeting: MeetingType, lead: Lead | None = None) -> None:
        super().__init__(data, auto_id="b_%s", use_required_attribute=False)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True  # visitors have no session
        if meeting.place != MeetingType.Place.PHONE or (lead and lead.phone):
            del self.fields["phone"]
        if lead and lead.email:
            del self.fields["name"], self.fields["email"]
