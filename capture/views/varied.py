"""A/B tests at the public doors: who looks, what she is shown, and the mark in the address."""

from collections.abc import Callable
from functools import cache
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest

from capture import selectors
from capture.models import Form, VisitorPolicy
from capture.services import variants, visits
from leadflow.kit import agents, clock
from leadflow.web.hosts import origin_of
from leadflow.web.visitors import address_of


def wants_peace(request: HttpRequest) -> bool:
    """Whether the browser asks not to be followed, or is none."""
    asked = "1" in (request.headers.get("Sec-GPC"), request.headers.get("DNT"))
    return asked or agents.is_crawler(request.headers.get("User-Agent", ""))


def looking(request: HttpRequest, form: Form | None) -> Callable[[], variants.Person]:
    """Who looks, as far as an A/B test may tell her apart; asked at most once, and only where one runs."""
    return cache(lambda: _person_of(request, form))


def _person_of(request: HttpRequest, form: Form | None) -> variants.Person:
    agent = request.headers.get("User-Agent", "")
    return variants.person_of(
        form,
        request.GET.dict(),
        sender=visits.Sender(address_of(request), agent, urlsplit(origin_of(request)).netloc),
        policy=selectors.policy_of(form) if form else VisitorPolicy.current(),
        at=clock.now(),
        wants_peace=wants_peace(request),
    )


def chosen(request: HttpRequest, form: Form) -> tuple[Form, str]:
    """The form as this visitor sees it, and where it posts to: with the mark where a test runs.

    A mark in the address that she came by is somebody else's, who copied it: it is left out.
    """
    told = {key: value for key, value in request.GET.items() if key != variants.PARAM}
    path = request.path + (f"?{urlencode(told)}" if told else "")
    looks = looking(request, form)
    form, variant = variants.shown(form, looks)
    if variant is None:
        return form, path
    return form, with_mark(path, variants.written(variants.Mark(looks().counts_as, variant)))


def mark_of(request: HttpRequest) -> variants.Mark:
    """What the page that is sent was shown as."""
    return variants.read(request.GET.get(variants.PARAM))


def as_opened(request: HttpRequest, form: Form) -> Form:
    """The form as the page that is sent showed it."""
    return selectors.as_varied(form, variants.of_form(mark_of(request), form))


def with_mark(path: str, mark: str) -> str:
    """An address that carries the mark of an A/B test along."""
    return f"{path}{'&' if '?' in path else '?'}{variants.PARAM}={mark}" if mark else path


def onto(form: Form, action: str) -> str:
    """The bare address of a form with nothing but the mark that another one carries."""
    _rest, _name, mark = action.partition(f"{variants.PARAM}=")
    return with_mark(form.public_path, mark)
