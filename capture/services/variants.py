"""What a visitor is shown of an A/B test, and the mark by which her answer tells it.

Who sees what follows from a key by a hash, and the key is the best that may be asked: the lead whose own
link it is, the visitor who agreed to be known, else a hash that lives for a day. Nothing is stored in a
browser. The mark travels in the address that the form posts to: it is signed, counts for the test that
it names and no other, and a person is counted once however often her mark comes back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import get_random_string

from capture import selectors
from capture.models import Form, LandingPage, VisitorPolicy
from capture.rules.beacons import visitor_key
from capture.selectors import known
from capture.services import visits
from leadflow.experiments.selectors import Arm, Trial, latest
from leadflow.kit import agents, tokens

PARAM = "lf_v"
_PURPOSE = "variant.v1"


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks, as far as she may be told apart. `key` decides what she sees and is kept nowhere.

    `counts_as` is what is kept: none of the key can be read back from it. Without a key, as with a
    crawler, A is shown and nothing counted.
    """

    key: str = ""
    counts_as: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What was shown: the variants of the form and of the page around it, and to whom."""

    person: str = ""
    variant: int | None = None
    page_variant: int | None = None


def person_of(
    form: Form | None,
    told: Mapping[str, str],
    *,
    sender: visits.Sender,
    policy: VisitorPolicy,
    at: datetime,
    wants_peace: bool,
) -> Person:
    """Who looks. `told` are the parameters of the address; `sender` is how the request came."""
    if agents.is_crawler(sender.agent):
        return Person()
    is_followed = policy.mode != VisitorPolicy.Mode.OFF and not wants_peace
    lead = known.lead_of(form, told.get("for")) if form and told.get("for") else None
    visitor = visitor_key(told.get("lf_visitor")) if is_followed else None
    if lead is not None:
        key = f"lead-{lead.pk}"
    elif visitor and policy.mode == VisitorPolicy.Mode.IDENTIFIED:
        key = visitor
    else:
        key = visits.anonymous_key(sender, at.date())
    may_be_kept = is_followed or lead is not None
    return Person(key, _hidden(key) if may_be_kept else get_random_string(24))


def _hidden(key: str) -> str:
    return tokens.keyed_hash(settings.SECRET_KEY, _PURPOSE, key)[:24]


def arm_for(trial: Trial | None, looks: Callable[[], Person]) -> Arm | None:
    """What a person sees of a test; None where none runs, or for nobody. Asked who only where one runs."""
    if trial is None or not trial.is_running:
        return None
    person = looks()
    return trial.share_out(person.key) if person.key else None


def written(mark: Mark) -> str:
    """The mark as it travels; nothing where nothing was varied."""
    if mark.variant is None and mark.page_variant is None:
        return ""
    subject = f"{mark.variant or 0}-{mark.page_variant or 0}-{mark.person}"
    return tokens.sign(settings.SECRET_KEY, _PURPOSE, subject)


def read(told: Any) -> Mark:
    """The mark of a request; an empty one for a text that we did not write."""
    text = told if isinstance(told, str) and len(told) <= 120 else ""
    parts = (tokens.read(settings.SECRET_KEY, _PURPOSE, text) or "").split("-")
    if len(parts) != 3:
        return Mark()
    variant, page_variant = (int(part) or None for part in parts[:2])
    return Mark(parts[2], variant, page_variant)


def of_form(mark: Mark, form: Form) -> int | None:
    """The variant of a form that a mark names; None for one that is another form's."""
    trial = selectors.trial_of(form) if mark.variant else None
    return mark.variant if trial and trial.arm(mark.variant) else None


def of_page(mark: Mark, page: LandingPage | None) -> int | None:
    """The variant of a landing page that a mark names; None for one that is another page's."""
    trial = latest("page", page.pk) if page and mark.page_variant else None
    return mark.page_variant if trial and trial.arm(mark.page_variant) else None


def shown(form: Form, looks: Callable[[], Person]) -> tuple[Form, int | None]:
    """The form as she sees it, and the variant that this is."""
    arm = arm_for(selectors.trial_of(form), looks)
    return (selectors.as_varied(form, arm.pk), arm.pk) if arm else (form, None)
