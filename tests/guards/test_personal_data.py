"""Whoever keeps personal data of a lead hands it over in her file and takes it out when she is erased.

A walk over the models: those that point at a lead, or at something of hers, and have a field labelled S2.
Export and erasure have to touch the table of each; what does not is named here with its reason.
"""

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.services import privacy
from tests.factories.core import a_lead
from tests.guards.sources import PACKAGES

pytestmark = pytest.mark.django_db
OURS = [m for m in apps.get_models() if m.__module__.split(".")[0] in PACKAGES]
# rows that are hers by what they belong to
HERS = ("mail.Delivery", "nurturing.Enrolment")
NOT_HANDED_OVER = {
    "leadflow.Lead": "she herself: the first row of the file, read by whoever asks for it",
    "capture.Visitor": "the name of a browser's cookie; her visits by it stand in the file",
}
NOT_TAKEN_OUT: dict[str, str] = {}


def is_hers(model):
    return any(
        field.is_relation and field.related_model._meta.label in ("leadflow.Lead", *HERS)
        for field in model._meta.concrete_fields
    )


def is_personal(model):
    return bool(getattr(getattr(model, "Sensitivity", None), "S2", ()))


PERSONAL = [m for m in OURS if is_hers(m) and is_personal(m)]


def said(queries):
    return "\n".join(one["sql"] for one in queries)


def lacking(sql, known):
    return sorted(
        m._meta.label
        for m in PERSONAL
        if f'"{m._meta.db_table}"' not in sql and m._meta.label not in known
    )


def test_the_walk_finds_what_everybody_knows_to_be_personal():
    assert {"mail.Hit", "nurturing.AutomationRun", "rulesets.Decision", "leadflow.Note"} <= {
        m._meta.label for m in PERSONAL
    }


def test_her_file_asks_every_model_that_keeps_personal_data():
    lead = a_lead()

    with CaptureQueriesContext(connection) as asked:
        privacy.export(lead)

    assert not lacking(said(asked.captured_queries), NOT_HANDED_OVER)


def test_abuse_I01_erasing_touches_every_model_that_keeps_personal_data():
    lead = a_lead()

    with CaptureQueriesContext(connection) as done:
        privacy.erase(lead=lead, by=None)

    assert not lacking(said(done.captured_queries), NOT_TAKEN_OUT)


def test_no_exception_is_without_need():
    labels = {m._meta.label for m in PERSONAL}

    assert set(NOT_HANDED_OVER) | set(NOT_TAKEN_OUT) <= labels
