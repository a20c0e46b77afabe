"""What marketers publish, and what visitors sent."""

from capture.models.forms import (
    CORNERS,
    FONTS,
    Form,
    FormDay,
    FormVersion,
    Knock,
    Submission,
    SubmissionQuerySet,
    origin_list,
    web_address,
)
from capture.models.magnets import Magnet, Promise, Report, ReportVersion
from capture.models.occasions import WITH_A_PLACE, Occasion, Registration
from capture.models.pages import (
    FormerAddress,
    LandingPage,
    LandingPageVersion,
    PageDay,
    page_slug,
)
from capture.models.unfinished import Unfinished
from capture.models.visits import (
    Behaviour,
    DaySalt,
    FormView,
    PageView,
    Visit,
    Visitor,
    VisitorPolicy,
)

__all__ = [
    "CORNERS",
    "FONTS",
    "WITH_A_PLACE",
    "Behaviour",
    "DaySalt",
    "Form",
    "FormDay",
    "FormVersion",
    "FormView",
    "FormerAddress",
    "Knock",
    "LandingPage",
    "LandingPageVersion",
    "Magnet",
    "Occasion",
    "PageDay",
    "PageView",
    "Promise",
    "Registration",
    "Report",
    "ReportVersion",
    "Submission",
    "SubmissionQuerySet",
    "Unfinished",
    "Visit",
    "Visitor",
    "VisitorPolicy",
    "origin_list",
    "page_slug",
    "web_address",
]
