"""The answer of a booking block: a time that is free, asked anew each time the form is drawn or sent."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from capture.blocks.asking import Question
from capture.selectors.offered import FORM_DAYS, offer, zone_or_ours
from capture.services.booking import meeting_of
from leadflow.calendars.selectors import is_free
from leadflow.kit import clock, zones


class SlotInput(forms.Widget):
    """Free times by day, a radio button each."""

    use_fieldset = True

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question

    def id_for_label(self, id_: str | None) -> str:
        """The legend names the group; no single button is named by it."""
        del id_
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """From the templates of the product, not from those of Django's forms."""
        del renderer
        return slots_html(
            self.question, name, str(value or ""), is_wrong="is-invalid" in str(attrs)
        )


def slots_html(
    question: Question, name: str, chosen: str, *, zone: str = "", is_wrong: bool = False
) -> SafeString:
    """The choice of a time as it stands in a form; nothing is chosen that is not free any more."""
    meeting = meeting_of(question)
    told = zones.read(chosen)
    place = zone_or_ours(zone or (told[1] if told else ""))
    context = {
        "meeting": meeting,
        "offer": offer(meeting, zone=place, days=FORM_DAYS) if meeting else None,
        "name": name, "chosen": chosen, "required": bool(question.props.get("is_required")),
        "is_wrong": is_wrong,
    }  # fmt: skip
    return render_to_string("capture/public/slots.html", context)


class SlotAnswer(forms.CharField):
    """An instant with the zone in which it was chosen; refused where nobody is free then."""

    def __init__(self, *, question: Question, **kwargs: Any) -> None:
        super().__init__(max_length=100, widget=SlotInput(question), **kwargs)
        self.question = question

    def clean(self, value: Any) -> Any:
        given = super().clean(value)
        if not given:
            return ""
        told, meeting = zones.read(given), meeting_of(self.question)
        if told is None or meeting is None or not is_free(meeting, told[0], at=clock.now()):
            raise ValidationError(taken_words())
        return zones.write(*told)


def taken_words() -> str:
    """What happened, and what to do."""
    return _("That time was just taken. Choose another one; everything else is kept.")
