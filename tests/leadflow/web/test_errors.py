"""Errors become sentences."""

import pytest
from django.http import Http404
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from leadflow.errors import Conflict, Invalid, InvalidTransition, NotAllowed, StaleVersion
from leadflow.web.middleware import ErrorMiddleware

pytestmark = pytest.mark.django_db


def answer(error, user, **headers):
    request = RequestFactory().get("/", headers=headers)
    request.user = user
    request.htmx = HtmxDetails(request)
    return ErrorMiddleware(lambda r: None).process_exception(request, error)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (NotAllowed, 403),
        (Invalid, 422),
        (InvalidTransition, 409),
        (Conflict, 409),
        (StaleVersion, 409),
    ],
)
def test_each_kind_has_its_status_and_its_sentence(bob, kind, status):
    response = answer(kind("Tomás was faster."), bob)

    assert response.status_code == status
    assert "Tomás was faster." in response.content.decode()


def test_htmx_gets_a_strip_at_the_top_of_the_content(bob):
    response = answer(Conflict("Tomás moved it."), bob, **{"HX-Request": "true"})

    assert response["HX-Retarget"] == "#lf-notices"
    assert "<html" not in response.content.decode()


def test_a_missing_record_never_swaps_a_page_into_a_page(bob):
    response = answer(Http404(), bob, **{"HX-Request": "true"})

    assert response.status_code == 404
    assert "<html" not in response.content.decode()


def test_a_sentence_is_escaped(bob):
    response = answer(Conflict("<script>alert(1)</script>"), bob)

    assert "<script>alert" not in response.content.decode()


def test_a_bug_stays_a_bug(bob):
    assert answer(ValueError("oops"), bob) is None
