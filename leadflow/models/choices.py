"""Closed lists that several models share."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.kit import emails


class Origin(models.TextChoices):
    """How LeadFlow came to know a fact; imports start no reaction, demo facts never leave."""

    LIVE = "live", _("live")
    IMPORT = "import", _("import")
    DEMO = "demo", _("demo")
    API = "api", _("API")


class AddressKind(models.TextChoices):
    """Whose mailbox an address is, as its text tells (`leadflow.kit.emails.kind`)."""

    WORK = emails.WORK, _("Work")
    PERSONAL = emails.PERSONAL, _("Personal mailbox")
    ROLE = emails.ROLE, _("Role, such as info@")
    THROWAWAY = emails.THROWAWAY, _("Throw-away mailbox")


class Direction(models.TextChoices):
    """Who began: they found us, or we went to them."""

    INBOUND = "inbound", _("Inbound")
    OUTBOUND = "outbound", _("Outbound")


class Channel(models.TextChoices):
    """The marketing channel of a source, a touch or a spend."""

    ORGANIC = "organic", _("Organic search")
    PAID_SEARCH = "paid_search", _("Paid search")
    PAID_SOCIAL = "paid_social", _("Paid social")
    DISPLAY = "display", _("Display")
    SOCIAL = "social", _("Social media")
    EMAIL = "email", _("Email")
    BROADCAST = "broadcast", _("Email broadcast")
    CONTENT = "content", _("Content")
    WEBINAR = "webinar", _("Webinar")
    EVENT = "event", _("Trade fair or event")
    REFERRAL = "referral", _("Referral")
    PARTNER = "partner", _("Partner")
    CALL = "call", _("Cold call")
    DIRECT = "direct", _("Direct")
    OTHER = "other", _("Other")


class BuyerStage(models.TextChoices):
    """Where the person stands in the buyer's journey."""

    AWARENESS = "awareness", _("Awareness")
    CONSIDERATION = "consideration", _("Consideration")
    DECISION = "decision", _("Decision")


class FunnelPosition(models.TextChoices):
    """The part of the funnel that a content item, a form or a campaign speaks to."""

    TOP = "tofu", _("Top of funnel")
    MIDDLE = "mofu", _("Middle of funnel")
    BOTTOM = "bofu", _("Bottom of funnel")


class ContactChannel(models.TextChoices):
    """How a person may be, or likes to be, reached."""

    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone")
    SMS = "sms", _("Text message")
    WHATSAPP = "whatsapp", _("WhatsApp")
    POST = "post", _("Post")
    SOCIAL = "social", _("Social media")
    MEETING = "meeting", _("Meeting")


class Tier(models.TextChoices):
    """How much a target company matters; a company without one is no target."""

    ONE = "1", _("Tier 1")
    TWO = "2", _("Tier 2")
    THREE = "3", _("Tier 3")


class Seniority(models.TextChoices):
    """Rank in the company."""

    STAFF = "staff", _("Staff")
    MANAGER = "manager", _("Manager")
    DIRECTOR = "director", _("Director")
    VP = "vp", _("Vice president")
    CHIEF = "chief", _("Chief officer")
    OWNER = "owner", _("Owner")
