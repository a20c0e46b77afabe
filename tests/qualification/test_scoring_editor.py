import json
from datetime import timedelta

import pytest

from leadflow.events.models import Event
from leadflow.handover.models import Handover
from leadflow.kit import clock
from leadflow.models import EngagementSum, LeadScore, LeadStage
from leadflow.rulesets.models import Decision, RuleVersion
from leadflow.runs import leasing, working
from leadflow.runs.models import Run
from leadflow.services import engagement
from qualification import tasks
from qualification.services import editing, models, scoring
from qualification.services.preview import preview
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(db):
    return models.ensure_default()


@pytest.fixture
def as_max(client, max, model):
    client.force_login(max)
    return client


def when(field, op, value=None):
    leaf = {"field": field, "op": op} | ({} if value is None else {"value": value})
    return {"all": [leaf]}


def document():
    return editing.draft().document


def add(client, section, **values):
    if "when" in values:
        values["when"] = json.dumps(values["when"])
    return client.post(f"/scoring/rule/{section}/", values)


def work_runs():
    while run := leasing.claim(heavy=True):
        assert working.execute(run) == Run.State.DONE


def scored(**fields):
    """A lead who is far from qualified by the default model."""
    lead = a_lead(**fields)
    scoring.rescore([lead.pk])
    return lead


def loosen(by):
    """A draft by which every lead with an address qualifies."""
    return editing.set_threshold(cells=models.CELLS, hand_raise=[], by=by)


def test_the_model_is_read_in_words(as_max):
    page = as_max.get("/scoring/").content.decode()

    assert "Left a phone number" in page
    assert "at most 2 a day, half after 30 days" in page
    assert "Version 1 live" in page


def test_a_rep_reads_it_and_cannot_change_it(client, bob, model):
    client.force_login(bob)

    assert "Add fit rule" not in client.get("/scoring/").content.decode()
    assert add(client, "gates", name="x", when=when("lead.email", "is_set")).status_code == 403


def test_a_rule_is_added_to_the_draft_only(as_max, model):
    add(as_max, "attributes", name="Dutch", points="12", when=when("lead.country", "is", "NL"))

    assert document()["attributes"][-1]["name"] == "Dutch"
    assert models.live() == model
    assert models.live().document == model.document


def test_a_rule_is_edited_in_its_place(as_max):
    as_max.post(
        "/scoring/rule/events/?rule=Saw+the+prices",
        {
            "name": "Prices", "kind": "page.viewed", "topic": "pricing", "points": "25",
            "half_life": "7", "per_day": "1", "group": "intent",
        },
    )  # fmt: skip

    rule = document()["events"][4]
    assert (rule["name"], rule["points"], rule["half_life"]) == ("Prices", 25, 7)
    assert rule["lifetime"] is None
    assert editing.groups(document()) == {"behaviour": 100, "intent": None}


INTENT = {
    "name": "Looks for solar",
    "kind": "intent.reported",
    "points": "10",
    "half_life": "14",
    "group": "intent",
}


def test_a_rule_names_who_reports_intent_and_how_sure(as_max):
    told = INTENT | {"topic": "solar", "provider": "Bombora", "confidence": "0.6"}

    as_max.post("/scoring/rule/events/", told)

    rule = document()["events"][-1]
    assert (rule["provider"], rule["confidence"]) == ("Bombora", 0.6)
    assert "about “solar” told by Bombora at least 0.6 sure" in as_max.get("/scoring/").text


@pytest.mark.parametrize(
    ("given", "field", "why"),
    [
        ({"confidence": "60"}, "confidence", "less than or equal to 1"),
        ({"confidence": "-1"}, "confidence", "greater than or equal to 0"),
        ({"kind": "page.viewed", "provider": "Bombora"}, "provider", "another firm reports"),
        ({"kind": "page.viewed", "confidence": "0.5"}, "confidence", "another firm reports"),
    ],
)
def test_a_provider_and_a_confidence_that_cannot_be_are_refused_beside_the_field(
    as_max, given, field, why
):
    response = as_max.post("/scoring/rule/events/", INTENT | given)

    assert response.status_code == 422
    assert why in str(response.context["form"].errors[field])
    assert "Looks for solar" not in [rule["name"] for rule in document()["events"]]


def test_a_rule_is_dropped(as_max):
    as_max.post("/scoring/rule/gates/drop/", {"rule": "Can be reached"})

    assert document()["gates"] == []


def test_two_rules_cannot_share_a_name(as_max):
    response = add(as_max, "gates", name="Left a phone number", when=when("lead.email", "is_set"))

    assert response.status_code == 422
    assert "Another rule has this name" in response.content.decode()


def test_a_rule_that_reads_the_outcome_is_refused_beside_its_field(as_max):
    response = add(
        as_max, "attributes", name="Won", points="50", when=when("lead.stage", "is", "customer")
    )

    assert response.status_code == 422
    assert "that is what it is to predict" in response.content.decode()


def test_a_rule_that_somebody_took_out_meanwhile_says_so(as_max):
    response = as_max.get("/scoring/rule/gates/?rule=Gone")

    assert response.status_code == 422
    assert as_max.get("/scoring/rule/nothing/").status_code == 404


def test_cells_forms_and_limits_are_set(as_max):
    lead = a_lead()
    engagement.append(
        [engagement.Fact(lead.pk, "form.submitted", "t", "1", label="Demo", topic="form:3")]
    )
    assert "Demo" in as_max.get("/scoring/").content.decode()

    as_max.post("/scoring/threshold/", {"cell": ["A1", "Z9"], "form": ["form:3"]})
    as_max.post("/scoring/limits/", {"group": "behaviour", "cap": "60"})

    found = document()
    assert (found["cells"], found["hand_raise"]) == (["A1"], ["form:3"])
    assert found["caps"] == {"behaviour": 60}


@pytest.mark.parametrize("cap", ["x", "-1", "0", "nan", "inf", "1e9"])
def test_a_limit_that_is_no_number_is_refused(as_max, cap):
    assert as_max.post("/scoring/limits/", {"group": "behaviour", "cap": cap}).status_code == 422


def test_the_preview_counts_who_would_join_and_says_why(max, model):
    lead = scored(phone="+31205550148")
    editing.put_rule(
        section="attributes",
        replacing="Left a phone number",
        rule={"name": "Left a phone number", "points": 60, "when": when("lead.phone", "is_set")},
        by=max,
    )
    loosen(max)

    found = preview(editing.draft(), by=max)

    assert (found.looked_at, found.joins, found.leaves, found.moved) == (1, 1, 0, 1)
    example = found.examples[0]
    assert (example.lead, example.old.cell, example.new.cell) == (lead, "C4", "A4")
    assert example.reasons == ("Left a phone number, +50",)


def test_the_preview_counts_who_would_fall_out(max, model, drain_events):
    loosen(max)
    editing.publish(by=max, note="", revision=None, offer=True)
    scored()
    editing.set_threshold(cells=["A1"], hand_raise=[], by=max)

    assert preview(editing.draft(), by=max).leaves == 0  # qualified for a day at least
    assert preview(editing.draft(), by=max, at=clock.now() + timedelta(days=2)).leaves == 1


def test_the_preview_lists_crossings_first_and_says_that_only_the_line_moved(max, model):
    lead = scored()
    scored(first_name="Somebody", seniority="vp")
    editing.set_threshold(cells=["D4"], hand_raise=[], by=max)

    found = preview(editing.draft(), by=max)

    assert [one.lead for one in found.examples] == [lead]
    assert found.examples[0].reasons == ("D4 is in the threshold now",)


def test_the_preview_writes_nothing(max, model):
    scored()
    loosen(max)
    before = (
        LeadScore.objects.get().revision,
        EngagementSum.objects.count(),
        Event.objects.count(),
    )

    preview(editing.draft(), by=max)

    assert before == (
        LeadScore.objects.get().revision, EngagementSum.objects.count(), Event.objects.count()
    )  # fmt: skip


def test_a_draft_that_cannot_be_published_says_why_instead_of_numbers(as_max, max):
    add(as_max, "attributes", name="Dutch", points="1", when=when("lead.country", "is", "NL"))
    RuleVersion.objects.filter(state="draft").update(
        document=document() | {"gates": [{"name": "G", "when": when("lead.nothing", "is_set")}]}
    )

    page = as_max.get("/scoring/preview/?part=numbers").content.decode()

    assert "cannot be published" in page
    assert "Publish version" not in page


def test_publishing_scores_everybody_and_fires_nothing(as_max, max, drain_events):
    lead = scored()
    loosen(max)

    as_max.post("/scoring/publish/", {"note": "All welcome"})
    work_runs()
    drain_events()

    lead.refresh_from_db()
    assert Decision.objects.get().outcome == "qualified"
    assert Decision.objects.get().trace["by_publishing"] is True
    assert LeadScore.objects.get().version == models.live().pk
    assert lead.stage == LeadStage.LEAD
    assert not Handover.objects.exists()


def test_ticking_the_box_offers_those_who_qualify_now(as_max, max, drain_events):
    lead = scored()
    loosen(max)
    assert "Also offer the 1 lead" in as_max.get("/scoring/preview/?part=numbers").content.decode()

    as_max.post("/scoring/publish/", {"offer": "yes"})
    work_runs()
    drain_events()

    lead.refresh_from_db()
    assert lead.stage == LeadStage.MQL
    assert Handover.objects.get().lead == lead


def test_who_acts_after_a_publishing_is_offered_as_always(as_max, max, drain_events):
    loosen(max)
    as_max.post("/scoring/publish/", {})
    work_runs()

    a_lead()
    drain_events()

    assert Handover.objects.count() == 1


def test_a_due_crossing_never_fires_for_a_version_that_was_just_published(max, model):
    scored()
    loosen(max)
    editing.publish(by=max, note="", revision=None)
    LeadScore.objects.update(next_crossing_at=NOON)

    scoring.rescore_due()

    assert Decision.objects.get().outcome == "qualified"
    assert not Event.objects.filter(kind="lead.qualified").exists()


def test_kept_sums_of_a_dropped_group_go_with_it(max, model):
    lead = a_lead()
    engagement.append([engagement.Fact(lead.pk, "page.viewed", "t", "1", topic="pricing", at=NOON)])
    scoring.rescore([lead.pk], at=NOON)
    assert {s.half_life_days for s in EngagementSum.objects.all()} == {14, 30}
    editing.drop_rule(section="events", name="Saw the prices", by=max)
    editing.publish(by=max, note="", revision=None)

    scoring.rescore([lead.pk], at=NOON, fold=False)

    assert {s.half_life_days for s in EngagementSum.objects.all()} == {30}


def test_a_draft_that_changed_since_is_not_published(as_max, max, model):
    seen = loosen(max).revision
    editing.set_threshold(cells=["A1"], hand_raise=[], by=max)

    assert as_max.post("/scoring/publish/", {"revision": seen}).status_code == 409
    assert models.live() == model


def test_a_protected_attribute_warns_and_needs_a_reason(as_max):
    add(as_max, "attributes", name="Age", points="5", when=when("lead.birth_year", "at_most", 1990))
    assert "protected attribute" in as_max.get("/scoring/").content.decode()

    assert as_max.post("/scoring/publish/", {"note": " "}).status_code == 422
    as_max.post("/scoring/publish/", {"note": "Pension product, by law from 35 on"})

    assert models.live().number == 2


def test_an_earlier_version_is_brought_back_and_fires_nothing(as_max, max, model, drain_events):
    loosen(max)
    editing.publish(by=max, note="", revision=None, offer=True)
    lead = scored()

    as_max.post("/scoring/rollback/", {"number": 1})
    work_runs()

    assert models.live() == model
    assert LeadScore.objects.get(lead=lead).version == model.pk
    assert "brought back" in as_max.get("/scoring/").content.decode()
    assert as_max.post("/scoring/rollback/", {"number": 99}).status_code == 409


def test_the_draft_is_discarded(as_max, max, model):
    loosen(max)

    as_max.post("/scoring/discard/")

    assert editing.draft() == model


def test_everybody_is_scored_once_a_local_day(model, time_machine):
    lead = a_lead()
    for moment in ("2026-03-03 00:30", "2026-03-03 03:00", "2026-03-03 04:00"):
        time_machine.move_to(f"{moment}+00:00", tick=False)
        tasks.nightly_sweep()
    assert Run.objects.count() == 1

    work_runs()
    time_machine.move_to("2026-03-04 05:00+00:00", tick=False)
    tasks.nightly_sweep()

    assert Run.objects.count() == 2
    assert LeadScore.objects.get(lead=lead).scored_at is not None
