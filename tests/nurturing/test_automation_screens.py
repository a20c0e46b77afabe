"""Automations on the screen: made, built, tried, published, looked at, put away."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from leadflow.kit import clock
from leadflow.models import CustomField, Tag
from leadflow.services import leads
from nurturing.models import Automation, AutomationRun
from nurturing.services.automations import documents, editing
from nurturing.views import automation_log
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import an_automation

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client, max):
    client.force_login(max)
    return client


@pytest.fixture
def tag_step():
    Tag.objects.create(name="hot")
    return documents.new_step("tag") | {"tag": "hot"}


def page(client, name, *args, **query):
    answer = client.get(reverse(f"nurturing:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def draft_of(automation):
    return automation.rule_set.versions.order_by("-number").first().document


def test_an_empty_list_says_what_an_automation_is_for(marketer):
    assert "Your automations will be here" in page(marketer, "automations")


def test_a_marketer_builds_and_publishes_an_automation(marketer, drain_events):
    Tag.objects.create(name="hot")
    marketer.post(reverse("nurturing:automation-create"), {"name": "Hot ones"})
    automation = Automation.objects.get()
    one = [automation.pk]
    rule = {"all": [{"field": "lead.country", "op": "is", "value": "NO"}]}
    told = {"kind": "stage_entered", "stage": "mql", "rule": json.dumps(rule)}
    marketer.post(reverse("nurturing:automation-when", args=one), told)
    marketer.post(reverse("nurturing:automation-step-add", args=one), {"type": "tag"})
    step = draft_of(automation)["steps"][0]["id"]
    where = reverse("nurturing:automation-step-save", args=[automation.pk, step])
    marketer.post(where, {"tag": "hot"})

    shown = page(marketer, "automation", automation.pk)
    marketer.post(reverse("nurturing:automation-publish", args=one))
    ann = a_lead(country="NO")
    leads.advance(ann, to="mql", by=None)
    drain_events()

    assert "A lead enters a stage: MQL" in shown
    assert "Put the tag “hot” on" in shown
    assert [tag.name for tag in ann.tags.all()] == ["hot"]
    assert ann.name in page(marketer, "automation-log", automation.pk)
    assert "1" in page(marketer, "automations")


def test_what_is_missing_stands_beside_its_step_and_in_the_dialog(marketer):
    automation = an_automation("stage_entered", documents.new_step("tag"), publish=False)

    shown = page(marketer, "automation", automation.pk)

    assert shown.count("Choose the tag.") >= 2
    assert "It cannot be published yet" in shown


def test_another_beginning_shows_what_narrows_it(marketer, tag_step):
    automation = an_automation("stage_entered", tag_step)

    shown = page(marketer, "automation", automation.pk, kind="lead_idle")

    assert 'name="days"' in shown
    assert 'name="stage"' not in shown


def test_a_field_with_a_list_is_set_from_that_list(marketer):
    CustomField.objects.create(
        subject="lead", key="plan", label="Plan", type="choice", choices=["Free", "Pro"]
    )
    automation = an_automation("stage_entered", documents.new_step("set_field"), publish=False)
    step = draft_of(automation)["steps"][0]["id"]

    shown = page(marketer, "automation", automation.pk, step=step, field="custom.plan")
    where = reverse("nurturing:automation-step-save", args=[automation.pk, step])
    marketer.post(where, {"field": "custom.plan", "shown": "custom.plan", "value": "Pro"})

    assert '<option value="Pro"' in shown
    assert draft_of(automation)["steps"][0]["value"] == "Pro"


@pytest.mark.parametrize("kind", ["todo", "tag", "list", "set_field", "move_stage", "score_event",
                                  "webhook", "notify", "enrol"])  # fmt: skip
def test_each_kind_of_step_has_its_properties(marketer, kind):
    automation = an_automation("tagged", documents.new_step(kind), publish=False)
    step = draft_of(automation)["steps"][0]["id"]

    assert "Save the step" in page(marketer, "automation", automation.pk, step=step)


@pytest.mark.parametrize("kind", ["replied", "clicked", "form_sent", "deal_moved", "company_changed",
                                  "field_changed", "offer_ending", "activity_done", "deal_won"])  # fmt: skip
def test_each_beginning_has_its_form(marketer, kind, tag_step):
    automation = an_automation("tagged", tag_step)

    assert "Save when and if" in page(marketer, "automation", automation.pk, kind=kind)


def test_steps_move_and_go(marketer, tag_step):
    todo = documents.new_step("todo") | {"title": "Call"}
    automation = an_automation("tagged", tag_step, todo)
    move = reverse("nurturing:automation-step-move", args=[automation.pk, todo["id"]])

    marketer.post(move, {"to": "up"})
    assert [one["type"] for one in draft_of(automation)["steps"]] == ["todo", "tag"]
    marketer.post(move, {"to": "away"})

    assert [one["type"] for one in draft_of(automation)["steps"]] == ["tag"]


def test_a_step_is_dropped_at_a_place(marketer, tag_step):
    steps = [tag_step] + [documents.new_step("todo") | {"title": one} for one in ("Call", "Write")]
    automation = an_automation("tagged", *steps)
    move = reverse("nurturing:automation-step-move", args=[automation.pk, tag_step["id"]])

    marketer.post(move, {"to": "2"})
    assert [one.get("title") for one in draft_of(automation)["steps"]] == ["Call", "Write", None]
    marketer.post(move, {"to": "0"})

    assert [one.get("title") for one in draft_of(automation)["steps"]] == [None, "Call", "Write"]


def test_a_step_is_not_dropped_where_no_place_is(marketer, tag_step):
    automation = an_automation("tagged", tag_step)
    move = reverse("nurturing:automation-step-move", args=[automation.pk, tag_step["id"]])

    assert [marketer.post(move, {"to": to}).status_code for to in ("-1", "1", "²", "")] == [404] * 4


def test_the_dry_run_shows_whom_it_would_have_met(marketer, tag_step):
    ann = a_lead(first_name="Ann", last_name="Lee", at=clock.now() - timedelta(days=3))
    leads.advance(ann, to="mql", by=None, at=clock.now() - timedelta(days=2))
    automation = an_automation("stage_entered", tag_step, publish=False)

    shown = page(marketer, "automation-try", automation.pk)

    assert "Ann Lee" in shown
    assert "Put the tag “hot” on" in shown
    assert not AutomationRun.objects.exists()


def test_a_dry_run_without_facts_says_so(marketer, tag_step):
    automation = an_automation("stage_entered", tag_step)

    assert "Nothing of that kind happened" in page(marketer, "automation-try", automation.pk)


def test_an_earlier_version_is_brought_back(marketer, tag_step):
    automation = an_automation("tagged", tag_step)
    document = draft_of(automation) | {"trigger": {"kind": "cooled"}}
    editing.save_draft(automation, document=document, by=None)
    editing.publish(automation, by=None)
    assert "Let it decide again" in page(marketer, "automation-versions", automation.pk)

    marketer.post(reverse("nurturing:automation-rollback", args=[automation.pk]), {"version": 1})

    automation.refresh_from_db()
    assert automation.trigger == "tagged"


def test_it_is_paused_resumed_renamed_and_put_away(marketer, tag_step, max):
    automation = an_automation("tagged", tag_step)
    switch = reverse("nurturing:automation-switch", args=[automation.pk])
    states = []
    for to in ("pause", "resume"):
        marketer.post(switch, {"to": to})
        automation.refresh_from_db()
        states.append(automation.state)
    about = reverse("nurturing:automation-about", args=[automation.pk])
    marketer.post(about, {"name": "Better", "owner": max.pk})
    marketer.post(switch, {"to": "archive"})

    automation.refresh_from_db()
    assert states == ["paused", "running"]
    assert (automation.name, automation.owner, automation.state) == ("Better", max, "archived")


def test_abuse_E04_the_log_names_nobody_out_of_reach(client, bob, carl, tag_step, drain_events):
    automation = an_automation("stage_entered", tag_step)
    hers = a_lead(owner=bob, first_name="Ann", last_name="Lee")
    leads.advance(hers, to="mql", by=None)
    drain_events()
    client.force_login(carl)

    shown = page(client, "automation-log", automation.pk)

    assert "Ann" not in shown


def test_the_log_takes_as_many_queries_for_many(
    marketer, tag_step, drain_events, django_assert_max_num_queries
):
    automation = an_automation("stage_entered", tag_step)
    leads.advance(a_lead(), to="mql", by=None)
    drain_events()
    with django_assert_max_num_queries(40) as few:
        page(marketer, "automation-log", automation.pk)
    leads.advance_many(lead_ids=[a_lead().pk for _n in range(12)], to="mql", by=None)
    drain_events()

    with django_assert_max_num_queries(len(few)):
        page(marketer, "automation-log", automation.pk)


def test_the_log_is_newest_first_by_when_it_happened_over_its_pages(
    marketer, tag_step, drain_events, monkeypatch
):
    automation = an_automation("stage_entered", tag_step)
    for hours in (3, 1, 5, 2, 4, 3):  # met in another order than it happened
        leads.advance(a_lead(), to="mql", by=None)
        drain_events()
        AutomationRun.objects.filter(pk=AutomationRun.objects.latest("pk").pk).update(
            at=NOON - timedelta(hours=hours)
        )
    newest_first = list(automation.runs.order_by("-at", "-pk"))
    monkeypatch.setattr(automation_log, "PAGE", 3)
    url = reverse("nurturing:automation-log", args=[automation.pk])

    first = marketer.get(url).context["page"]
    second = marketer.get(url + first.next_url).context["page"]

    assert [run for run, *_rest in first.rows + second.rows] == newest_first
    assert not second.next_url
