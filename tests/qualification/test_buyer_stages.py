import json

import pytest

from leadflow.conditions import usage
from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.models import Lead
from leadflow.rulesets.models import RuleVersion
from leadflow.runs import leasing, working
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.services import leads
from qualification import handlers
from qualification.services import bant, buying
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db
PAGE = "/scoring/buyer-stages/"


def when(field, op, value=None):
    leaf = {"field": field, "op": op} | ({} if value is None else {"value": value})
    return {"all": [leaf]}


RULES = {
    "awareness": when("lead.email", "is_set"),
    "consideration": when("lead.country", "is", "NL"),
    "decision": when("bant.timing", "is", "now"),
}


@pytest.fixture
def rules(db):
    return buying.publish(RULES, by=None)


def work_runs():
    while run := leasing.claim(heavy=True):
        assert working.execute(run) == Run.State.DONE, Run.objects.get(pk=run.pk).error


def stage_of(lead):
    return Lead.objects.get(pk=lead.pk).buyer_stage


def history_of(lead):
    rows = FieldChange.objects.filter(object_id=lead.pk, field="buyer_stage").order_by("pk")
    return list(rows.values_list("old", "new", "cause"))


def posted(**more):
    return {stage: json.dumps(rule) for stage, rule in RULES.items()} | {"seen": "0"} | more


def test_the_furthest_rule_that_holds_is_set_with_its_history(rules):
    lead = a_lead(country="NL")

    assert buying.settle([lead.pk], at=NOON) == 1

    assert stage_of(lead) == "consideration"
    assert history_of(lead) == [("", "consideration", "rule")]
    told = Event.objects.filter(kind="lead.changed", lead_id=lead.pk).latest("pk")
    assert told.data == {"fields": ["buyer_stage"]}


def test_looking_again_writes_nothing(rules):
    lead = a_lead(country="NL")
    buying.settle([lead.pk])
    version, events = Lead.objects.get().version, Event.objects.count()

    assert buying.settle([lead.pk]) == 0
    assert (Lead.objects.get().version, Event.objects.count()) == (version, events)


def test_an_edit_by_hand_is_remembered_with_who_did_it(max):
    lead = a_lead()

    leads.update(lead, values={"buyer_stage": "decision"}, by=max)

    assert history_of(lead) == [("", "decision", "edit")]
    assert FieldChange.objects.get(field="buyer_stage").by_id == max.pk


def test_a_rule_never_takes_back_what_was_set_by_hand(rules, max):
    lead = a_lead(country="NL")
    leads.update(lead, values={"buyer_stage": "decision"}, by=max)

    assert buying.settle([lead.pk]) == 0
    assert stage_of(lead) == "decision"


def test_she_stays_where_she_was_when_the_rule_no_longer_holds(rules):
    lead = a_lead(country="NL")
    buying.settle([lead.pk])
    leads.update(lead, values={"country": "BE"}, by=None)

    assert buying.settle([lead.pk]) == 0
    assert stage_of(lead) == "consideration"


def test_a_fact_about_a_lead_moves_her(rules, drain_events):
    lead = a_lead()
    drain_events()
    assert stage_of(lead) == "awareness"

    bant.answer(lead=lead, letter="timing", value="now", by=None)
    drain_events()

    assert stage_of(lead) == "decision"
    assert [new for _old, new, _cause in history_of(lead)] == ["awareness", "decision"]


def test_a_fact_about_a_company_moves_its_people():
    buying.publish({"decision": when("company.size", "at_least", 50)}, by=None)
    lead = a_lead(email="x@kessler.example")
    lead.company.size = 220
    lead.company.save()
    told = Event(kind="company.changed", subject_id=lead.company_id, occurred_at=NOON, data={})

    handlers.advance_buyers([told])

    assert stage_of(lead) == "decision"


def test_publishing_moves_those_who_are_here_and_says_that_rules_did_it(rules):
    lead = a_lead()
    work_runs()

    assert stage_of(lead) == "awareness"
    assert Event.objects.get(kind="lead.changed", lead_id=lead.pk).data["by_publishing"] is True


def test_the_nightly_sweep_looks_at_everybody(rules):
    work_runs()
    lead = a_lead()
    runs.start(buying.CHANGEOVER, {"day": "2026-03-02"}, by=None)
    work_runs()

    assert stage_of(lead) == "awareness"
    assert "by_publishing" not in Event.objects.get(kind="lead.changed", lead_id=lead.pk).data


def test_a_stage_without_conditions_is_set_by_hand_only(db):
    buying.publish({"awareness": {"all": []}, "decision": RULES["decision"]}, by=None)
    lead = a_lead()

    assert buying.settle([lead.pk]) == 0


def test_a_field_that_these_rules_read_cannot_go(rules):
    with pytest.raises(Conflict, match="Buyer's stage: Consideration"):
        usage.refuse_if_used("lead.country")


@pytest.mark.parametrize("field", ["lead.nothing", "lead.buyer_stage"])
def test_a_field_that_cannot_decide_is_refused_by_name(field):
    with pytest.raises(Invalid) as refused:
        buying.publish(RULES | {"decision": when(field, "is_set")}, by=None)

    assert list(refused.value.fields) == ["decision"]
    assert not RuleVersion.objects.filter(rule_set__kind=buying.KIND).exists()


def test_the_screen_counts_who_would_move_and_changes_nothing(client, max):
    client.force_login(max)
    lead = a_lead(country="NL")
    a_lead()

    page = client.post(PAGE, posted())

    assert [(s.stage, s.now, s.moving) for s in page.context["standings"]] == [
        ("awareness", 0, 1), ("consideration", 0, 1), ("decision", 0, 0),
    ]  # fmt: skip
    assert "2 leads would move" in page.content.decode()
    assert stage_of(lead) == ""
    assert buying.live() is None


def test_a_marketer_publishes_on_the_screen(client, max):
    client.force_login(max)

    assert client.post(PAGE, posted(act="publish")).status_code == 303

    assert "Version 1 live" in client.get(PAGE).content.decode()
    assert buying.live().document == RULES


def test_a_rule_about_the_stage_itself_is_refused_beside_its_field(client, max):
    client.force_login(max)
    bad = json.dumps(when("lead.buyer_stage", "is", "awareness"))

    page = client.post(PAGE, posted(act="publish", decision=bad))

    assert page.status_code == 422
    assert "may not read it" in page.context["form"].errors["decision"][0]


def test_rules_that_a_colleague_published_meanwhile_are_not_overwritten(client, max, rules):
    client.force_login(max)

    page = client.post(PAGE, posted(act="publish", seen="0", decision='{"all": []}'))

    assert page.status_code == 409
    assert buying.live().document == RULES


def test_a_rep_may_not_set_these_rules(client, bob):
    client.force_login(bob)

    assert client.post(PAGE, posted(act="publish")).status_code == 403
    assert buying.live() is None
