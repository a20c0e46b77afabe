"""The matrix is worth something only if it goes red: gates are taken away, and it has to notice.

Each mutant changes the product in memory, for one test, as a careless commit would.
"""

from contextlib import contextmanager

import pytest
from django.http import HttpResponse
from django.urls import get_resolver, path
from django.views.decorators.csrf import csrf_exempt

from leadflow.models import Lead
from leadflow.models.organisation import Organisation
from leadflow.web.models import SavedView
from pipeline.models import Deal
from tests.guards import test_access_matrix as matrix
from tests.guards.test_access_matrix import cookies, world

__all__ = ["cookies", "world"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def pattern_of(name, patterns=None, space=""):
    """The URL pattern of a door."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            if found := pattern_of(name, pattern.url_patterns, inner):
                return found
        elif f"{space}{pattern.name}" == name:
            return pattern
    return None


@contextmanager
def view_of(name, change):
    """Put `change(view)` behind a door."""
    pattern = pattern_of(name)
    before = pattern.callback
    pattern.callback = change(before)
    try:
        yield
    finally:
        pattern.callback = before


def ungated(view):
    """The view without its `@access`."""
    while hasattr(view, "permission"):
        view = view.__wrapped__
    return view


def for_everybody(view):
    """The view behind a gate that asks for a sign-in and no more."""
    inner = ungated(view)

    def gated(request, *args, **kwargs):
        return inner(request, *args, **kwargs) if request.user.is_authenticated else view(request)

    return gated


def writing(view):
    """The view, noting each look in the database."""

    def noting(request, *args, **kwargs):
        Organisation.objects.update(name="Seen")
        return view(request, *args, **kwargs)

    return noting


@contextmanager
def sees_all(model):
    """`visible_to` of a model narrows nothing."""
    kind = type(model.objects.all())
    before = kind.visible_to
    kind.visible_to = lambda self, *_args, **_more: self.all()
    try:
        yield
    finally:
        kind.visible_to = before


def opens(name, world, cookies):
    matrix.test_abuse_E01_a_door_opens_as_the_matrix_says(name, world, cookies)


SCOPES = {
    "desk:lead": Lead,
    "desk:leads": Lead,
    "pipeline:deal": Deal,
    "web:view-edit": SavedView,
}


@pytest.mark.parametrize("name", SCOPES)
def test_a_view_that_shows_records_of_everybody_is_noticed(name, world, cookies):
    opens(name, world, cookies)
    with sees_all(SCOPES[name]), pytest.raises(AssertionError, match=r"404|shows a record"):
        opens(name, world, cookies)


@pytest.mark.parametrize(
    "name", ["console:people", "console:invite", "flow:audit", "pipeline:export"]
)
def test_a_permission_that_is_gone_is_noticed(name, world, cookies):
    with view_of(name, for_everybody), pytest.raises(AssertionError, match=name):
        opens(name, world, cookies)


@pytest.mark.parametrize("name", ["web:gallery", "desk:leads"])
def test_a_door_without_any_gate_is_noticed(name, world, cookies):
    with view_of(name, ungated), pytest.raises(AssertionError, match="anon"):
        opens(name, world, cookies)


def test_a_view_that_needs_no_token_is_noticed(world, cookies):
    name = "console:profile"
    with view_of(name, lambda view: csrf_exempt(lambda *a, **k: view(*a, **k))):  # noqa: SIM117
        with pytest.raises(AssertionError, match="console:profile"):
            matrix.test_abuse_D06_no_unsafe_request_passes_without_its_token(name, world, cookies)


def test_a_look_that_writes_is_noticed(world, cookies):
    with view_of("desk:leads", writing), pytest.raises(AssertionError, match="wrote"):
        opens("desk:leads", world, cookies)


def test_a_door_that_nobody_listed_is_noticed():
    patterns = get_resolver().url_patterns
    patterns.append(path("back-door/", lambda _request: HttpResponse(), name="back-door"))
    try:
        with pytest.raises(AssertionError, match="back-door"):
            matrix.test_every_door_has_a_line()
    finally:
        patterns.pop()
