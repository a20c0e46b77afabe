"""What somebody types who writes to a lead: the form, what it begins with, and what it becomes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from leadflow.desk.todos import Moments, open_to
from leadflow.kit import clock, days
from leadflow.mail import personal, templates, threads
from leadflow.mail.models import Delivery, InboundMail, MailTemplate
from leadflow.models import Activity, Lead
from leadflow.people.models import User
from leadflow.web.forms import StaffForm
from leadflow.web.templatetags.formats import when

Message = Delivery | InboundMail


@dataclass(frozen=True)
class Reader:
    """To whom a letter goes: her addresses, and the mail to her that is planned and may be this one."""

    lead: Lead
    addresses: list[str]
    step: Activity | None = None


def planned(lead: Lead, user: User, number: str = "") -> Activity | None:
    """The mail to her that is due first of those that the writer may carry out; by its number, that one."""
    rows = open_to(user).filter(lead=lead, kind=Activity.Kind.EMAIL)
    if number:
        known = number.isascii() and number.isdigit() and len(number) < 19
        rows = rows.filter(pk=int(number) if known else 0)
    return rows.order_by("due_at", "pk").first()


def is_for_today(step: Activity, user: User, at: datetime | None = None) -> bool:
    """Whether it stands in her day: a letter of today is most likely the one that was planned."""
    tonight = Moments.at(at or clock.now()).tonight
    return step.owner_id == user.pk and step.due_at is not None and step.due_at < tonight


class MailForm(StaffForm):
    """One letter. `draft` names it, so that it leaves once; `answer` is what it answers, `row` where
    in somebody's queue it is written, `step` the planned mail that it carries out where she says so."""

    draft = forms.UUIDField(widget=forms.HiddenInput)
    answer = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)
    row = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    step = forms.CharField(widget=forms.HiddenInput, required=False)
    to = forms.ChoiceField(label=_("To"))
    subject = forms.CharField(
        label=_("Subject"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=_("[words](https://…) makes a link."),
    )
    does = forms.BooleanField(required=False)

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        addresses, self.planned = reader.addresses, reader.step
        self._name(reader.step)
        to = self.fields["to"]
        to.choices = [(one, one) for one in addresses]  # type: ignore[attr-defined]
        if len(addresses) == 1:
            to.widget = forms.HiddenInput()
        first = "text" if self["subject"].value() else "subject"
        self.fields[first].widget.attrs["autofocus"] = True

    def _name(self, step: Activity | None) -> None:
        if step is None:
            del self.fields["step"], self.fields["does"]
            return
        self.fields["step"].initial = step.pk
        what = {"what": step.subject, "when": when(step.due_at) if step.due_at else ""}
        words = _("This is the planned mail “%(what)s”, due %(when)s")
        self.fields["does"].label = (
            words if step.due_at else _("This is the planned mail “%(what)s”")
        ) % what

    @property
    def carries_out(self) -> Activity | None:
        """The planned mail that it carries out."""
        return self.planned if self.cleaned_data.get("does") else None

    def letter(self, answers: Message | None) -> personal.Letter:
        """What was typed."""
        typed = self.cleaned_data
        return personal.Letter(
            key=typed["draft"], to=typed["to"], subject=typed["subject"], text=typed["text"],
            answers=answers,
        )  # fmt: skip

    def renew(self) -> None:
        """Sent again, what was typed is a letter of its own."""
        data = QueryDict(mutable=True)
        data.update({**self.data.dict(), "draft": uuid4().hex})  # type: ignore[attr-defined]
        self.data = data


def ids_of(draft: str) -> str:
    """Names of the fields that no other letter on the page has."""
    return f"mail-{draft[:8] if draft.isalnum() else 0}-%s"


def people_of(lead: Lead) -> list[int]:
    """Her, and who was merged into her: what was written to them is hers."""
    return [lead.pk, *Lead.objects.filter(merged_into=lead).values_list("pk", flat=True)]


def blank(
    reader: Reader,
    by: User,
    answers: Message | None,
    row: str = "",
    booking_url: str = "",
    prepared: tuple[str, str] | None = None,
) -> MailForm:
    """An empty letter, one that offers times to meet, one that quotes what it answers, or one whose
    subject and words a sequence prepared."""
    addresses, step = reader.addresses, reader.step
    begins: dict[str, Any] = {"draft": uuid4().hex, "row": row, "to": addresses[0]}
    begins["does"] = not booking_url and step is not None and is_for_today(step, by)
    if prepared and answers is None and not booking_url:
        begins["subject"], begins["text"] = prepared
        begins["does"] = step is not None
    if booking_url:
        begins["subject"] = str(_("A time to talk"))
        begins["text"] = str(_("Choose a time that suits you: %(url)s")) % {"url": booking_url}
    if answers is not None:
        at = answers.due_at if isinstance(answers, Delivery) else answers.received_at
        written = date_format(localtime(at), f"{days.full()} H:i")
        begins["subject"], begins["text"] = threads.answer_to(answers, reader.lead, written)
        begins["answer"] = f"{'d' if isinstance(answers, Delivery) else 'i'}{answers.pk}"
        wrote = answers.from_address if isinstance(answers, InboundMail) else answers.to_address
        begins["to"] = wrote if wrote in addresses else addresses[0]
    return MailForm(initial=begins, reader=reader, auto_id=ids_of(begins["draft"]))


def begun(reader: Reader, typed: QueryDict, template: MailTemplate, by: User) -> MailForm:
    """The letter as the template begins it; what was typed stays below, a typed subject stays."""
    subject, text = templates.begin(template, lead=reader.lead, by=by)
    kept = typed.get("text", "")
    begins: dict[str, Any] = {
        name: typed.get(name, "") for name in ("draft", "answer", "row", "to")
    }
    begins["does"] = bool(typed.get("does"))
    begins["subject"] = typed.get("subject", "").strip() or subject
    begins["text"] = f"{text.rstrip()}\n\n{kept.lstrip()}" if kept.strip() else text
    return MailForm(initial=begins, reader=reader, auto_id=ids_of(begins["draft"]))


def offered() -> list[MailTemplate]:
    """The templates that a letter may begin from."""
    return list(MailTemplate.objects.filter(is_archived=False))
