"""How secret a field is stands on its model: S3 never leaves, S2 personal, S1 commercial, S0 the rest."""

import pytest
from django.apps import apps

from tests.guards.sources import PACKAGES

LEVELS = ("S0", "S1", "S2", "S3")
MUST = {
    "people.User", "people.Invitation", "leadflow.Lead", "leadflow.LeadIdentity", "leadflow.LeadAnswer",
    "leadflow.Company", "leadflow.Consent", "leadflow.Address", "leadflow.Activity", "leadflow.Note", "mail.Delivery", "events.Event", "history.FieldChange",
    "capture.Submission", "notifications.Notification",
}  # fmt: skip
OURS = [m for m in apps.get_models() if m.__module__.split(".")[0] in PACKAGES]
LABELLED = [m for m in OURS if hasattr(m, "Sensitivity")]


def labels(model):
    return [name for level in LEVELS for name in getattr(model.Sensitivity, level, ())]


def test_models_of_personal_data_say_how_secret_their_fields_are():
    missing = MUST - {m._meta.label for m in LABELLED}

    assert not {name for name in missing if apps.is_installed(_package(name))}


def _package(name):
    return apps.get_app_config(name.split(".")[0]).name


def test_a_model_that_points_at_a_lead_says_how_secret_its_fields_are():
    about_her = {
        model._meta.label
        for model in OURS
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model._meta.label == "leadflow.Lead"
    }

    assert not about_her - {m._meta.label for m in LABELLED}


@pytest.mark.parametrize("model", LABELLED, ids=lambda m: m._meta.label)
def test_a_labelled_model_labels_real_fields_and_each_once(model):
    names = labels(model)
    real = {f.name for f in model._meta.get_fields() if not (f.auto_created and f.is_relation)}

    assert not [name for name in names if name not in real | {"id"}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("model", LABELLED, ids=lambda m: m._meta.label)
def test_no_field_that_can_hold_a_person_is_without_a_label(model):
    kinds = {"TextField", "EmailField", "JSONField", "GenericIPAddressField", "FileField"}
    found = {f.name for f in model._meta.concrete_fields if f.get_internal_type() in kinds}

    assert not found - set(labels(model))


def test_secrets_are_labelled_as_such():
    secret = ("password", "token_hash", "secret", "key_hash")
    found = [
        f"{model._meta.label}.{field.name}"
        for model in LABELLED
        for field in model._meta.concrete_fields
        if field.name in secret and field.name not in getattr(model.Sensitivity, "S3", ())
    ]

    assert not found
