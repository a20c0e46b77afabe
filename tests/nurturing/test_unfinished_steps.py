"""A draft keeps what is not finished: publishing says what is missing, and nothing that was typed is lost."""

import json

import pytest

from leadflow.errors import Invalid
from nurturing.services import sequences
from tests.factories.core import a_lead
from tests.factories.nurturing import a_sequence, an_automation, condition, mail_step

pytestmark = pytest.mark.django_db
HALF = {"all": [{"field": "lead.country", "op": "is", "value": ""}, {"any": []}]}
PART = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def marketer(client, max):
    client.force_login(max)
    return client


def the_step(sequence, at=0):
    return sequence.rule_set.versions.latest("number").document["steps"][at]


def save(client, sequence, step, **data):
    return client.post(f"/sequences/{sequence.pk}/steps/{step['id']}/", data, **PART)


def test_a_question_without_its_answer_is_kept_and_stands_there_after_a_reload(marketer):
    sequence = a_sequence(condition(yes=[mail_step("Yes")]), publish=False)
    step = the_step(sequence)

    answer = save(marketer, sequence, step, title="", rule=json.dumps(HALF))

    assert answer.status_code == 200
    assert the_step(sequence)["rule"] == HALF
    page = marketer.get(f"/sequences/{sequence.pk}/?step={step['id']}").text
    assert "A question that is not finished" in page
    assert "&quot;op&quot;: &quot;is&quot;" in page


def test_publishing_says_what_is_missing_with_the_way_to_the_step(marketer):
    sequence = a_sequence(condition(HALF, yes=[mail_step("Yes")]), publish=False)

    with pytest.raises(Invalid):
        sequences.publish(sequence, by=None)

    page = marketer.get(f"/sequences/{sequence.pk}/check/").text
    assert f'<a href="/sequences/{sequence.pk}/?step={the_step(sequence)["id"]}">Condition:' in page
    assert marketer.get(f"/sequences/{sequence.pk}/try/").status_code == 200


@pytest.mark.parametrize(
    "rule",
    [
        "no rule",
        "[1]",
        '{"all": {"a": 1}}',
        '{"all": [], "any": []}',
        '{"all": [{"field": 7, "op": "is", "value": 1}]}',
        '{"all": [{"field": "lead.city", "op": "is", "value": "\\u0000"}]}',
        '{"all": [{"field": "lead.city", "op": "is", "value": {"a": 1}}]}',
        '{"all": [{"field": "lead.city", "op": "is", "value": [[1]]}]}',
        '{"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}',
        json.dumps({"all": [{"field": "lead.city", "op": "is", "value": "x"}] * 400}),
        json.dumps({"all": [{"field": "lead.city", "op": "is", "value": "x" * 2_000}]}),
    ],
)
def test_what_is_no_rule_at_all_is_refused(marketer, rule):
    sequence = a_sequence(condition(yes=[mail_step("Yes")]), publish=False)
    step = the_step(sequence)

    assert save(marketer, sequence, step, title="", rule=rule).status_code == 422
    assert the_step(sequence) == step


def test_a_long_mail_is_not_lost_by_one_wrong_field(marketer):
    a_lead()
    sequence = a_sequence(mail_step("First"), publish=False)
    step = the_step(sequence)

    words = "Hello {{ lead.frist_name }},\nlong words"
    page = save(marketer, sequence, step, subject="First", body=words).text

    assert the_step(sequence)["body"] == words
    beside = page.partition('id="div_id_body"')[2].partition('id="div_id_offer"')[0]
    assert "Line 1, column 10" in beside
    assert page.count("Line 1, column 10") == 2  # beside its field, and in its box
    assert (
        "cannot be read yet"
        in marketer.get(f"/sequences/{sequence.pk}/steps/{step['id']}/preview/").text
    )
    with pytest.raises(Invalid):
        sequences.publish(sequence, by=None)


def test_an_automation_keeps_a_half_filled_rule_and_leads_to_what_is_missing(marketer):
    automation = an_automation("stage_entered", publish=False)
    url = automation.get_absolute_url()

    marketer.post(
        f"{url}when/", {"kind": "stage_entered", "stage": "mql", "rule": json.dumps(HALF)}
    )
    marketer.post(f"{url}steps/", {"type": "tag"})

    document = automation.rule_set.versions.latest("number").document
    assert document["rule"] == HALF
    page = marketer.get(url).text
    assert f'<a href="{url}#lf-when">' in page
    assert f'<a href="{url}?step={document["steps"][0]["id"]}#step-' in page
    assert marketer.get(f"{url}try/").status_code == 200
