"""What people answered in forms, as something that rules can ask about."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.blocks.starts import block
from capture.models import Submission
from capture.services import forms
from leadflow.conditions import records, sql
from leadflow.conditions.fields import catalogue
from leadflow.conditions.language import SHAPES, Type, explain, matches, parse
from leadflow.errors import Conflict
from leadflow.models import Lead, LeadAnswer
from leadflow.segments import services as segments
from leadflow.segments.models import Segment
from tests.factories.capture import content_of, published_form

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
WAYS = [{"value": "fair", "label": "A fair"}, {"value": "search", "label": "A search"}]


def the_survey(**fields):
    return published_form(
        block("email"),
        block("scale", label="How likely are you to recommend us?", name="nps"),
        block("short_text", label="Job title", name="title", save_to="job_title"),
        block("yes_no", label="May we call?", name="call"),
        block("date", label="Start", name="start"),
        block("choice", label="Ways", name="ways", options=WAYS, is_multiple=True),
        block("dropdown", label="Way", name="way", options=WAYS),
        block("long_text", label="Why?", name="why"),
        block("calculation", label="Saving", name="saving", formula="nps * 100"),
        block("consent", text="Write to me."),
        name="Survey",
        **fields,
    )


def a_lead():
    return Lead.objects.create(stage_since=AT, created_at=AT)


def told(form, lead, key, value, at=AT):
    sent = Submission.objects.create(
        form=form, version=form.live_version, received_at=at, answers={key: value}, lead=lead,
        client_submission_id=f"told-{Submission.objects.count()}", state=Submission.State.PROCESSED,
    )  # fmt: skip
    LeadAnswer.objects.create(
        lead=lead, key=key, value=value, answered_at=at, source_type="submission", source_id=sent.pk
    )


def key_of(form, name):
    return f"answer.{form.public_id}.{name}"


def found(leaf):
    rule = parse({"all": [leaf]}, catalogue())
    chosen = set(Lead.objects.filter(sql.where(rule, at=AT)))
    known = records.load(Lead.objects.all(), [rule], at=AT)
    assert {lead.pk for lead in chosen} == {
        pk for pk, one in known.items() if matches(rule, one.values, at=AT, events=one.events)
    }
    return chosen


def test_every_question_whose_answer_is_kept_as_one_can_be_asked_about():
    form = the_survey()

    fields = {one.key: one for one in catalogue().fields.values() if one.key.startswith("answer.")}

    assert {key.rpartition(".")[2]: one.type for key, one in fields.items()} == {
        "nps": Type.NUMBER,
        "call": Type.BOOLEAN,
        "start": Type.DATE,
        "ways": Type.CHOICES,
        "way": Type.CHOICE,
        "why": Type.TEXT,
        "saving": Type.NUMBER,
    }
    nps = fields[key_of(form, "nps")]
    assert (nps.group, nps.label) == ("Answers", "Survey: “How likely are you to recommend us?”")


def test_a_rule_says_form_and_question_by_their_words():
    form = the_survey()
    leaf = {"field": key_of(form, "nps"), "op": "at_least", "value": 9}
    known = catalogue()

    said = explain(parse({"all": [leaf]}, known), known)

    assert said == "Survey: “How likely are you to recommend us?” is at least 9"


def test_the_newest_answer_to_that_form_counts():
    form, other = the_survey(), published_form(block("number", label="NPS", name="nps"))
    promoter, critic, of_another_form = a_lead(), a_lead(), a_lead()
    told(form, promoter, "nps", 3, AT - timedelta(days=2))
    told(form, promoter, "nps", 10, AT - timedelta(days=1))
    told(form, critic, "nps", 10, AT - timedelta(days=2))
    told(form, critic, "nps", 4, AT - timedelta(days=1))
    told(other, of_another_form, "nps", 10)

    assert found({"field": key_of(form, "nps"), "op": "at_least", "value": 9}) == {promoter}


def test_an_answer_in_the_trash_does_not_count():
    form = the_survey()
    told(form, a_lead(), "nps", 10)
    Submission.objects.update(state=Submission.State.TRASHED)

    assert not found({"field": key_of(form, "nps"), "op": "is_set"})


def test_a_segment_takes_in_who_answered_so():
    form = the_survey()
    promoter = a_lead()
    told(form, promoter, "nps", 10)
    rule = {"all": [{"field": key_of(form, "nps"), "op": "at_least", "value": 9}]}

    segment = segments.create(name="Promoters", condition=rule, by=None)

    assert {one.lead_id for one in segment.members.all()} == {promoter.pk}


def an_operand(field, op):
    scalar = {"text": "a", "number": 7, "date": "2026-11-22", "boolean": True}.get(field.type)
    scalar = field.options()[0][0] if field.options() else scalar
    return {"one": scalar, "list": [scalar], "pair": [scalar, scalar], "days": 3}.get(SHAPES[op])


VALUES = st.one_of(
    st.integers(0, 10), st.floats(-5, 11, allow_nan=False), st.booleans(),
    st.sampled_from(["a", "", "fair", "2026-11-22", "2026-02-30", "0000-01-01", "7", "Aß"]),
    st.lists(st.sampled_from(["fair", "search", "gone"]), max_size=3), st.just({"a": 1}),
)  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=10
)
@given(st.data())
def test_whatever_was_answered_means_the_same_in_python_and_sql(db, data):
    """A question can change its kind: old answers of the other kind count as none, in both."""
    form = the_survey()
    Lead.objects.all().delete()
    fields = [
        one for one in catalogue().fields.values() if one.key.startswith(f"answer.{form.public_id}")
    ]
    for lead in [a_lead() for _ in range(4)]:
        for field in fields:
            told(form, lead, field.key.rpartition(".")[2], data.draw(VALUES))

    for field in fields:
        for op in field.operators:
            found({"field": field.key, "op": op, "value": an_operand(field, op)})


@pytest.fixture
def promoters():
    form = the_survey()
    rule = {
        "any": [
            {"field": key_of(form, "nps"), "op": "at_least", "value": 9},
            {"field": key_of(form, "way"), "op": "is_any_of", "value": ["fair"]},
        ]
    }
    segments.create(name="Promoters", condition=rule, by=None)
    return form


def published_without(form, *rows):
    form.draft = content_of(block("email"), *rows)
    form.save()
    forms.publish(form=form, by=None)


NPS = block("number", label="Recommend?", name="nps")
WAY = block("dropdown", label="Way", name="way", options=WAYS)


def test_a_question_that_a_rule_uses_is_not_taken_away(promoters):
    with pytest.raises(Conflict, match="Promoters") as caught:
        published_without(promoters, WAY)

    assert "How likely are you to recommend us?" in caught.value.message
    ((name, url),) = caught.value.context["uses"]
    assert name == "Segment: Promoters"
    assert url.startswith("/")
    promoters.refresh_from_db()
    assert promoters.live_version.number == 1


def test_the_refusal_links_to_each_rule_and_keeps_the_draft(promoters, client, alice):
    promoters.draft = content_of(block("email"))
    promoters.save()
    client.force_login(alice)

    page = client.post(f"/forms/{promoters.pk}/publish/", {"revision": promoters.draft_revision})

    segment = Segment.objects.get()
    assert page.status_code == 409
    assert "This cannot be done now" in page.text
    assert (
        f'<a class="lf-link" href="{segment.get_absolute_url()}">Segment: Promoters</a>'
        in page.text
    )
    promoters.refresh_from_db()
    assert [one["type"] for one in promoters.draft["pages"][0]["blocks"]] == ["email"]


def test_nor_does_it_become_a_question_of_another_kind(promoters):
    with pytest.raises(Conflict, match="Promoters"):
        published_without(promoters, block("short_text", label="NPS", name="nps"), WAY)


def test_nor_does_it_fill_a_field_instead(promoters):
    moved = block("number", label="NPS", name="nps", save_to="birth_year")
    with pytest.raises(Conflict, match="Promoters"):
        published_without(promoters, moved, WAY)


def test_nor_does_it_lose_a_choice_that_a_rule_names(promoters):
    third = {"value": "other", "label": "Other"}
    fewer = block("dropdown", label="Way", name="way", options=[WAYS[1], third])
    with pytest.raises(Conflict, match="A fair"):
        published_without(promoters, NPS, fewer)

    published_without(
        promoters, NPS, block("dropdown", label="Way", name="way", options=[WAYS[0], third])
    )


def test_an_older_version_without_it_does_not_come_back():
    form = published_form(block("email"), name="Survey")
    form.draft = content_of(block("email"), NPS)
    form.save()
    forms.publish(form=form, by=None)
    rule = {"all": [{"field": key_of(form, "nps"), "op": "is_set"}]}
    segments.create(name="Answered", condition=rule, by=None)

    with pytest.raises(Conflict, match="Answered"):
        forms.rollback(form=form, number=1, by=None)


def test_a_question_that_no_rule_uses_may_go(promoters):
    published_without(promoters, NPS, WAY)

    assert key_of(promoters, "why") not in catalogue().fields


def test_the_answers_of_an_archived_form_can_still_be_asked_about(promoters):
    forms.archive(form=promoters, by=None)

    assert key_of(promoters, "nps") in catalogue().fields
