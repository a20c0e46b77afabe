"""The library: content, offers, campaigns, and the days on which nobody works."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.assets import content
from leadflow.assets.models import ContentItem
from leadflow.calendars.models import Holiday
from leadflow.console.crud import SettingsCrud
from leadflow.console.forms.library import (
    CampaignForm,
    ContentForm,
    HolidayForm,
    OfferForm,
    PasteForm,
)
from leadflow.models import Campaign, Organisation
from leadflow.offers.models import Offer
from leadflow.people.models import User
from leadflow.services import organisation
from leadflow.web.crud import Line
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.templatetags.formats import money_exact, percent


def _given(offer: Offer) -> str:
    """How many people got it, of how many who can."""
    return f"{offer.given} / {offer.most_uses}" if offer.most_uses else str(offer.given)


def _off(offer: Offer) -> str:
    """What it takes off the price, or that it is a bonus."""
    if offer.kind == Offer.Kind.BONUS or offer.value is None:
        return str(offer.get_kind_display())
    if offer.kind == Offer.Kind.PERCENT:
        return _t("%(share)s off") % {"share": percent(offer.value / 100, 0)}
    currency = Organisation.current().base_currency
    return _t("%(amount)s off") % {"amount": money_exact(offer.value, currency)}


def save(form: Any, by: User) -> Any:
    """Make or change, as a matter of record."""
    return organisation.save_object(row=form.instance, values=form.cleaned_data, by=by)


@dataclass(frozen=True, slots=True)
class ContentCrud(SettingsCrud):
    """Items are listed, and told about, among the numbers; here they are made and changed."""

    def list_view(self) -> Any:
        """To the list, whose numbers stand above the stages."""

        @access(self.permission)
        def listing(request: HtmxHttpRequest) -> HttpResponse:
            return redirect(request, reverse("insights:content"))

        return listing

    def after_saving(self, found: Any) -> str:
        """To the page of the item."""
        return str(found.get_absolute_url())


@dataclass(frozen=True, slots=True)
class OfferCrud(SettingsCrud):
    """Offers; each has a page that tells what came of it."""

    def line(self, found: Any) -> Line:
        """Its name opens that page."""
        return replace(SettingsCrud.line(self, found), edit_url=found.get_absolute_url())

    def after_saving(self, found: Any) -> str:
        """To the page of the offer."""
        return str(found.get_absolute_url())


CONTENT = ContentCrud(
    ContentItem,
    ContentForm,
    permission="source.edit",
    namespace="console",
    slug="content",
    singular=_("Content item"),
    plural=_("Content"),
    intro=_(
        "What marketing and sales send and link to. Topics give points, stages pick the right piece."
    ),
    columns=[
        ("title", _("Title")),
        ("kind", _("Kind")),
        ("topic", _("Topic")),
        ("buyer_stage", _("Buyer stage")),
        ("funnel_position", _("Funnel position")),
    ],
    ordering=["title"],
    archived_field="is_archived",
    save=lambda form, by: content.save(item=form.instance, values=form.cleaned_data, by=by),
)
OFFERS = OfferCrud(
    Offer,
    OfferForm,
    permission="source.edit",
    namespace="console",
    slug="offers",
    singular=_("Offer"),
    plural=_("Offers"),
    intro=_("A reason to buy now: a discount or a bonus with a window, a code and a limit."),
    columns=[
        ("name", _("Name")),
        (_off, _("What")),
        ("code", _("Code")),
        ("ends_at", _("Until")),
        (_given, _("Given")),
    ],
    ordering=["-created_at"],
    archived_field="is_archived",
    save=save,
)
CAMPAIGNS = SettingsCrud(
    Campaign,
    CampaignForm,
    permission="source.edit",
    namespace="console",
    slug="campaigns",
    singular=_("Campaign"),
    plural=_("Campaigns"),
    intro=_("An effort with a goal, dates and a budget. Forms, mails and spend belong to it."),
    columns=[
        ("name", _("Name")),
        ("channel", _("Channel")),
        ("starts_on", _("From")),
        ("ends_on", _("Until")),
        ("budget", _("Budget")),
    ],
    archived_field="is_archived",
    save=save,
)
HOLIDAYS = SettingsCrud(
    Holiday,
    HolidayForm,
    permission="settings.edit",
    namespace="console",
    slug="holidays",
    singular=_("Holiday"),
    plural=_("Holidays"),
    intro=_(
        "Days on which nobody works: response clocks stand still and no lead is routed to a person."
    ),
    columns=[("on", _("Day")), ("name", _("Name"))],
    ordering=["on"],
    save=save,
)


@access("source.edit")
def content_paste(request: HtmxHttpRequest) -> HttpResponse:
    """Many items at once: addresses, or rows out of a spreadsheet."""
    form = PasteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made, known = content.add_many(lines=form.cleaned_data["lines"], by=request.user)
        said = {"made": made, "known": known}
        messages.success(request, _t("Added %(made)d; %(known)d were here already.") % said)
        return redirect(request, reverse("insights:content") + "?sort=-added")
    return render(request, "console/content_paste.html", {"form": form}, status=form.status)
