"""Staff forms of sequences and broadcasts: each reads a part of the draft's document and gives it back."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.kit import zones
from leadflow.mail.models import MailDesign, SenderIdentity
from leadflow.models import Campaign, Organisation
from leadflow.people.models import User
from leadflow.segments.models import Segment
from leadflow.web.forms import StaffForm, TimeInput
from leadflow.web.templatetags.formats import number
from nurturing.forms.offering import offer_field, offer_offers
from nurturing.forms.opens import OpensField
from nurturing.models import Broadcast
from nurturing.selectors import broadcasts
from nurturing.services import broadcasts as broadcast_services
from nurturing.services import documents


class NewForm(StaffForm):
    """The name of a new sequence."""

    name = forms.CharField(label=_("Name"), max_length=120)


class EmailForm(StaffForm):
    """A mail: subject and message in the merge language."""

    subject = forms.CharField(label=_("Subject"), max_length=500, required=False)
    body = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea({"rows": 12}),
        help_text=_(
            "[words](https://…) makes a link. Postal address and a link to unsubscribe are added to"
            " every mail."
        ),
    )
    sender = forms.ModelChoiceField(
        SenderIdentity.objects.none(),
        label=_("From"),
        required=False,
        empty_label=_("The default sender"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verified = SenderIdentity.objects.filter(verified_at__isnull=False).order_by("name")
        self.fields["sender"].queryset = verified  # type: ignore[attr-defined]

    def clean(self) -> None:
        """What the merge language refuses stands beside the words, with line and column."""
        words = {part: self.cleaned_data.get(part, "") for part in ("subject", "body")}
        for part, said in documents.refused_words(words).items():
            self.add_error(part, said)

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        data = self.cleaned_data
        sender = data["sender"].pk if data["sender"] else None
        return {"subject": data["subject"], "body": data["body"], "sender": sender}


class AboutForm(StaffForm):
    """What is not part of a version."""

    name = forms.CharField(label=_("Name"), max_length=120)
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Owner"), required=False)
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=1,
        max_value=9,
        help_text=_("9 goes first: who is in it does not enter one with a smaller number."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("name")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class EnrolForm(StaffForm):
    """People to let in by hand, by their addresses."""

    emails = forms.CharField(
        label=_("Email addresses"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("One in each line, of people who are leads already."),
    )

    def clean_emails(self) -> list[str]:
        """The addresses, each once."""
        words = self.cleaned_data["emails"].replace(",", " ").replace(";", " ").split()
        return list(dict.fromkeys(word.lower() for word in words))


_OTHERS = tuple(f"subject_{place}" for place in range(2, broadcast_services.MOST_SUBJECTS + 1))


class BroadcastForm(EmailForm):
    """A broadcast: its mail, to whom, and when; further subjects to try on a sample first."""

    subject_2 = forms.CharField(label=_("Subject B"), max_length=500, required=False)
    subject_3 = forms.CharField(label=_("Subject C"), max_length=500, required=False)
    subject_4 = forms.CharField(label=_("Subject D"), max_length=500, required=False)
    sample_share = forms.IntegerField(
        label=_("Sample, in %"),
        min_value=10,
        max_value=50,
        required=False,
        help_text=_("So many of the audience get one of the subjects first, shared out evenly."),
    )
    decide_by = forms.ChoiceField(
        label=_("The better one has more"), choices=Broadcast.DecideBy.choices, required=False
    )
    decide_after = forms.IntegerField(
        label=_("Decided after, in hours"),
        min_value=1,
        max_value=48,
        required=False,
        help_text=_(
            "From when the sample has left. Where none is clearly better, the rest gets the first."
        ),
    )
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only you see it."))
    preview = forms.CharField(
        label=_("Preview text"),
        max_length=200,
        required=False,
        help_text=_("Mailboxes show it beside the subject."),
    )
    design = forms.ModelChoiceField(
        MailDesign.objects.none(),
        label=_("Design"),
        required=False,
        empty_label=_("None: simple text"),
        help_text=_(
            "Designs that were published, under Mail designs. Its subject is taken where none is written."
        ),
    )
    offer = offer_field()
    include = forms.ModelMultipleChoiceField(
        Segment.objects.none(),
        label=_("Goes to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whoever is in one of them, once."),
    )
    exclude = forms.ModelMultipleChoiceField(
        Segment.objects.none(),
        label=_("But not to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"), help_text=_("Only who agreed to mail for it gets it.")
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(),
        label=_("Campaign"),
        required=False,
        empty_label=_("None"),
        help_text=_("Its links say so: who comes by them belongs to it."),
    )
    timing = forms.ChoiceField(
        label=_("It goes"), choices=Broadcast.Timing.choices, widget=forms.RadioSelect
    )
    counts_opens = OpensField()
    send_on = forms.DateField(label=_("Day"), required=False)
    send_time = forms.TimeField(label=_("Hour"), required=False, widget=TimeInput(format="%H:%M"))

    field_order = (
        "name", "subject", *_OTHERS, "sample_share", "decide_by", "decide_after", "preview", "design", "body", "offer",
        "sender", "include", "exclude", "purpose", "campaign",
        "timing", "send_on", "send_time",
    )  # fmt: skip

    def __init__(self, *args: Any, broadcast: Broadcast, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [*broadcast.include.all(), *broadcast.exclude.all()]
        known = Segment.objects.filter(
            Q(archived_at=None) | Q(pk__in=[one.pk for one in chosen])
        ).order_by("name")
        for name in ("include", "exclude"):
            self.fields[name].queryset = known  # type: ignore[attr-defined]
            self.fields[name].label_from_instance = _with_count  # type: ignore[attr-defined]
        offered = MailDesign.objects.filter(
            Q(archived_at=None, live__isnull=False) | Q(pk=broadcast.design_id)
        )
        self.fields["design"].queryset = offered.order_by("name")  # type: ignore[attr-defined]
        offer_offers(self.fields["offer"], broadcast.offer_id)
        campaigns = Campaign.objects.filter(Q(is_archived=False) | Q(pk=broadcast.campaign_id))
        self.fields["campaign"].queryset = campaigns.order_by("name")  # type: ignore[attr-defined]
        purposes = {*broadcasts.purposes(), broadcast.purpose}
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            (one, one.capitalize()) for one in sorted(purposes)
        ]
        self.fields["counts_opens"].offer()  # type: ignore[attr-defined]
        zone = zones.place(Organisation.current().time_zone)
        self.fields["send_time"].help_text = _t(
            "By the clock of %(place)s, or of each reader, as chosen above."
        ) % {"place": zone}

    def clean(self) -> None:
        """A day and an hour where they are asked for."""
        super().clean()
        data = self.cleaned_data
        if data.get("timing") != Broadcast.Timing.NOW:
            for name in ("send_on", "send_time"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _t("Choose the day and the hour at which it goes."))
        for name in _OTHERS:
            for problem in documents.template_problems({"subject": data.get(name, ""), "body": ""}):
                self.add_error(name, problem.partition(": ")[2])

    def values(self) -> dict[str, Any]:
        """What `broadcasts.edit` takes."""
        data = dict(self.cleaned_data)
        others = [data.pop(name) for name in _OTHERS]
        usual = {"sample_share": 20, "decide_by": Broadcast.DecideBy.CLICKS, "decide_after": 4}
        chosen = {name: data.pop(name) or value for name, value in usual.items()}
        return data | chosen | {"other_subjects": others}


def _with_count(segment: Segment) -> str:
    return f"{segment.name} ({number(segment.member_count)})"
