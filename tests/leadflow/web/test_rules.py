"""The form field of rules, and the preview that obeys what the user may see."""

import json
from datetime import UTC, datetime

import pytest
from django import forms
from django.urls import reverse

from leadflow.models import Company, Lead
from leadflow.web.rules import ConditionField

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
GERMANS = {"all": [{"field": "lead.country", "op": "is", "value": "DE"}]}


class RuleForm(forms.Form):
    rule = ConditionField("lead")


class RequiredForm(forms.Form):
    rule = ConditionField("lead", required=True)


def a_lead(owner=None, **fields):
    return Lead.objects.create(
        **{"country": "DE", "stage_since": AT, "created_at": AT, "owner": owner} | fields,
        assigned_at=AT if owner else None,
    )


def preview(client, user, rule, subject="lead"):
    client.force_login(user)
    url = reverse("web:rule-preview", args=[subject])
    raw = rule if isinstance(rule, str) else json.dumps(rule)
    return client.post(url, {"field": "segment-rule", "segment-rule": raw})


def test_a_rule_cleans_to_its_document():
    form = RuleForm({"rule": json.dumps(GERMANS)})

    assert form.is_valid()
    assert form.cleaned_data["rule"] == GERMANS


def test_an_empty_rule_is_everyone_unless_one_is_required():
    assert RuleForm({"rule": ""}).is_valid()
    assert RequiredForm({"rule": ""}).errors["rule"] == ["Add at least one condition."]


def test_a_wrong_rule_is_refused_by_name_and_shown_again_as_it_was():
    raw = json.dumps({"all": [{"field": "lead.hair", "op": "is", "value": "red"}]})
    form = RuleForm({"rule": raw})

    assert form.errors["rule"] == ["There is no field “lead.hair”. Choose another."]
    assert "lead.hair" in str(form["rule"])


@pytest.mark.parametrize("raw", ["{", "[" * 50_000, '{"all": NaN}', "null", "x" * 200_000, "[]"])
def test_what_is_no_rule_is_refused(raw):
    assert "rule" in RuleForm({"rule": raw}).errors


def test_the_widget_says_the_rule_and_carries_the_catalogue():
    html = str(RuleForm(initial={"rule": GERMANS})["rule"])

    assert "Country is “DE”" in html
    assert '"lead.country"' in html
    assert "<lf-rules" in html


def test_the_document_is_escaped_in_the_page():
    rule = {"all": [{"field": "lead.city", "op": "is", "value": "</textarea><script>"}]}

    assert "<script>" not in str(RuleForm(initial={"rule": rule})["rule"])


def test_the_preview_counts_and_shows_who_matches(client, alice):
    company = Company.objects.create(name="Kessler Foods", created_at=AT)
    a_lead(first_name="Anneke", company=company)
    a_lead(first_name="Nora", country="NL")

    page = preview(client, alice, GERMANS).content.decode()

    assert "Matches 1 lead" in page
    assert "Anneke" in page
    assert "Kessler Foods" in page
    assert "Nora" not in page


def test_the_preview_shows_five_and_counts_no_further_than_a_thousand(client, alice):
    Lead.objects.bulk_create(
        Lead(
            first_name=f"Person {n}", country="DE", stage_since=AT, created_at=AT, public_id=f"p{n}"
        )
        for n in range(1_002)
    )

    page = preview(client, alice, GERMANS).content.decode()

    assert "Matches more than 1,000 leads" in page
    assert page.count("<li>") == 5


def test_the_preview_counts_only_what_the_user_may_see(client, bob, carl):
    a_lead(first_name="Anneke", owner=carl)

    page = preview(client, bob, GERMANS).content.decode()

    assert "Matches 0 leads" in page
    assert "Anneke" not in page


def test_a_rule_cannot_spell_an_address_for_who_may_not_see_addresses(client, vera, bob):
    rule = {"all": [{"field": "lead.email", "op": "starts_with", "value": "a"}]}

    assert "There is no field" in preview(client, vera, rule).content.decode()
    assert "There is no field" not in preview(client, bob, rule).content.decode()


def test_an_unfinished_rule_is_told_what_is_missing(client, alice):
    rule = {"all": [{"field": "lead.city", "op": "is", "value": ""}]}

    page = preview(client, alice, rule)

    assert page.status_code == 200
    assert 'data-problem="$.all[0]"' in page.content.decode()


def test_a_preview_of_an_unknown_subject_is_not_found(client, alice):
    assert preview(client, alice, GERMANS, subject="hair").status_code == 404


def test_a_count_that_takes_too_long_is_given_up(client, alice, monkeypatch):
    monkeypatch.setattr("leadflow.web.rules.PATIENCE", 1)
    Lead.objects.bulk_create(
        Lead(country="DE", stage_since=AT, created_at=AT, public_id=f"p{n}") for n in range(3_000)
    )
    slow = [{"event": {"kind": "page.viewed"}, "op": "never"}] * 50 + [
        {"field": "lead.city", "op": "not_contains", "value": "ä" * n} for n in range(1, 40)
    ]

    page = preview(client, alice, {"all": slow}).content.decode()

    assert "Counting takes too long" in page
