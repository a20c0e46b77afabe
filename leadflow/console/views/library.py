"""The library: content, offers, campaigns, and the days on which nobody works."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from leadflow.assets.models import ContentItem
from leadflow.calendars.models import Holiday
from leadflow.console.crud import SettingsCrud
from leadflow.console.forms.library import CampaignForm, ContentForm, HolidayForm, OfferForm
from leadflow.models import Campaign
from leadflow.offers.models import Offer
from leadflow.people.models import User
from leadflow.services import organisation


def save(form: Any, by: User) -> Any:
    """Make or change, as a matter of record."""
    return organisation.save_object(row=form.instance, values=form.cleaned_data, by=by)


CONTENT = SettingsCrud(
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
    ],
    ordering=["title"],
    archived_field="is_archived",
    save=save,
)
OFFERS = SettingsCrud(
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
        ("kind", _("Kind")),
        ("value", _("Value")),
        ("code", _("Code")),
        ("ends_at", _("Until")),
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
