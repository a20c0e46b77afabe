from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from leadflow.errors import Conflict, Invalid, StaleVersion
from leadflow.models import Lead
from leadflow.rulesets import decisions, registry, selectors, services
from leadflow.rulesets.models import Decision, PublishEvent, RuleSet, RuleVersion

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def check(document):
    if "points" not in document:
        raise Invalid("Say how many points.")


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})
    registry.register(registry.RuleKind(key="score", label="Scores", check=check))


@pytest.fixture
def rules(db):
    return services.create(kind="score", name="Main", document={"points": 1}, by=None, at=START)


def days(number):
    return START + timedelta(days=number)


def test_a_new_rule_set_is_a_draft_that_decides_nothing(rules):
    assert selectors.current(rules) is None
    assert selectors.editable(rules).document == {"points": 1}


def test_a_name_is_used_once_per_kind(rules):
    with pytest.raises(Conflict):
        services.create(kind="score", name="Main", document={}, by=None)


def test_an_unknown_kind_is_refused(db):
    with pytest.raises(Invalid):
        services.create(kind="weather", name="Main", document={}, by=None)


def test_publishing_makes_the_draft_decide_and_says_so(rules, alice, recorded):
    services.publish(rules, by=alice, note="first", at=START)

    version = selectors.current(rules)
    assert (version.number, version.document, version.note) == (1, {"points": 1}, "first")
    assert selectors.draft(rules) is None
    assert recorded() == ["rules.published"]


def test_a_document_that_does_not_pass_the_check_is_not_published(rules):
    services.save_draft(rules, document={"colour": "red"}, by=None)

    with pytest.raises(Invalid):
        services.publish(rules, by=None)
    assert selectors.current(rules) is None


def test_a_draft_saved_by_another_since_is_not_overwritten(rules, alice, bob):
    seen = selectors.draft(rules).revision
    services.save_draft(rules, document={"points": 2}, by=bob, revision=seen)

    with pytest.raises(StaleVersion) as caught:
        services.save_draft(rules, document={"points": 3}, by=alice, revision=seen)
    assert caught.value.context["by"] == bob
    assert selectors.draft(rules).document == {"points": 2}


def test_the_draft_that_somebody_looked_at_is_the_one_that_goes_live(rules):
    seen = selectors.draft(rules).revision
    services.save_draft(rules, document={"points": 2}, by=None)

    with pytest.raises(StaleVersion):
        services.publish(rules, by=None, revision=seen)


def test_which_version_held_is_known_for_any_time(rules):
    services.publish(rules, by=None, at=days(1))
    services.save_draft(rules, document={"points": 2}, by=None)
    services.publish(rules, by=None, at=days(3))
    services.rollback(rules, to=rules.versions.get(number=1), by=None, at=days(5))

    held = [selectors.current(rules, at=days(n)) for n in (0, 1, 4, 5)]
    assert [version and version.number for version in held] == [None, 1, 2, 1]
    assert selectors.current(rules).number == 1
    assert PublishEvent.objects.filter(is_rollback=True).count() == 1


def test_only_a_replaced_version_can_be_brought_back(rules):
    version = services.publish(rules, by=None)

    with pytest.raises(Conflict):
        services.rollback(rules, to=version, by=None)


def test_the_database_refuses_to_change_a_published_version(rules):
    version = services.publish(rules, by=None)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        RuleVersion.objects.filter(pk=version.pk).update(document={"points": 9})
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        RuleVersion.objects.filter(pk=version.pk)._raw_delete("default")


def test_the_hash_ignores_the_order_of_keys():
    assert services.digest({"a": 1, "b": 2}) == services.digest({"b": 2, "a": 1})
    assert services.digest({"a": 1}) != services.digest({"a": 2})


def test_archived_rules_decide_nothing_and_free_their_name(rules):
    services.publish(rules, by=None)
    services.archive(rules, by=None)

    assert selectors.published("score") == []
    services.create(kind="score", name="Main", document={}, by=None)
    assert RuleSet.objects.of_kind("score").count() == 1


def test_rules_that_use_a_field_are_named(rules):
    document = {
        "points": 1,
        "rules": [{"when": {"all": [{"field": "lead.city", "op": "is", "value": "Gent"}]}}],
    }
    services.save_draft(rules, document=document, by=None)
    assert selectors.using_field("lead.city") == []  # a draft holds nobody back

    services.publish(rules, by=None)
    assert selectors.using_field("lead.city") == [rules]
    assert selectors.using_field("lead.country") == []


def test_a_decision_is_kept_once_per_lead_version_and_revision(rules):
    version = services.publish(rules, by=None)
    lead = Lead.objects.create(created_at=START, stage_since=START)
    first = decisions.Made(lead.pk, 1, "A1", {"fit": 80})
    again = decisions.Made(lead.pk, 1, "B2", {"fit": 60})
    later = decisions.Made(lead.pk, 2, "B2", {"fit": 60})

    decisions.record_many(version, [first], at=days(1))
    decisions.record_many(version, [again, later], at=days(2))

    assert list(Decision.objects.order_by("id").values_list("revision", "outcome")) == [
        (1, "A1"),
        (2, "B2"),
    ]
    assert Decision.objects.latest_of(lead.pk, "score", at=days(1)).outcome == "A1"
    assert Decision.objects.latest_of(lead.pk, "score").outcome == "B2"
