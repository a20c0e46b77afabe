"""What each kind of step asks, and what the draft then says."""

import pytest

from leadflow.models import CustomField, Tag
from leadflow.segments import services as segments
from nurturing.forms.panes import STEP_FORMS, form_for
from nurturing.services import editing, palette
from nurturing.views import flow
from nurturing.views.naming import Names
from tests.factories.core import NOON
from tests.factories.nurturing import a_sequence, mail_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client, max):
    client.force_login(max)
    return client


def kept(step, around=(), **data):
    """What the pane makes of what was posted, with the errors where it refuses."""
    form = form_for(step, [*around, step], data)
    return form.part() if form.is_valid() else form.errors


def a_split(*shares):
    step = palette.new_step("split")
    return step | {"ways": [{"id": f"way{n}", "share": share, "steps": []} for n, share in enumerate(shares)]}  # fmt: skip


def posted(step, **more):
    shares = {f"share_{n}": way["share"] for n, way in enumerate(step["ways"])}
    return {"title": "", "ways": len(step["ways"]), "by": ""} | shares | more


def test_every_button_of_the_palette_makes_a_step_with_a_pane_and_words(marketer):
    steps = [palette.new_step(key) for key in palette.STARTERS]
    sequence = a_sequence(*steps, publish=False)

    for step in steps:
        page = marketer.get(f"/sequences/{sequence.pk}/?step={step['id']}")
        assert page.status_code == 200
        assert str(palette.starter_of(step).label) in page.content.decode()
    assert {step["type"] for step in steps} == set(STEP_FORMS)
    titles = [node.title for node in flow.draw({**sequence_document(sequence)}, "", Names(sequence_document(sequence)))]  # fmt: skip
    assert all(titles)


def sequence_document(sequence):
    return sequence.rule_set.versions.get().document


def test_a_split_asks_for_shares_that_are_everybody():
    step = a_split(50, 50)

    assert "share_0" in kept(step, **posted(step, share_0=70))
    assert [way["share"] for way in kept(step, **posted(step, share_0=70, share_1=30))["ways"]] == [70, 30]  # fmt: skip


def test_another_way_shares_people_evenly_and_one_that_holds_steps_is_not_dropped():
    step = a_split(70, 30)

    more = kept(step, **posted(step, ways=3))
    assert [way["share"] for way in more["ways"]] == [34, 33, 33]
    assert [way["id"] for way in more["ways"]][:2] == ["way0", "way1"]

    full = a_split(40, 30, 30)
    full["ways"][2]["steps"] = [mail_step("Inside")]
    assert "ways" in kept(full, **posted(full, ways=2))
    assert len(kept(full | {"ways": a_split(40, 30, 30)["ways"]}, **posted(full, ways=2))["ways"]) == 2  # fmt: skip


def test_a_winner_is_decided_by_what_was_chosen():
    step = a_split(50, 50)
    first = kept(step, **posted(step, by="clicks"))
    assert first["winner"] == {"by": "clicks", "after_hours": 48, "least": 100}

    again = step | first
    told = kept(again, **posted(again, by="clicks", after_hours=24, least=50))
    assert told["winner"] == {"by": "clicks", "after_hours": 24, "least": 50}


def test_a_wait_asks_by_what_is_waited_for():
    call = palette.new_step("call") | {"title": "Call her"}
    step = palette.new_step("hour")
    hour = {"until": "hour", "shown": "hour", "at": "08:30", "weekdays": [1, 2]}
    assert kept(step, **hour) == {"until": "hour", "at": "08:30", "days": [1, 2]}

    other = kept(step, until="todo", shown="hour", at="09:00", weekdays=[0])
    assert other == {"until": "todo", "step": "", "most_days": 3}

    step = {"id": step["id"], "type": "wait_until"} | other
    done = {"until": "todo", "shown": "todo", "awaited": call["id"], "most_days": 5}
    assert kept(step, [call], **done) == {"until": "todo", "step": call["id"], "most_days": 5}
    assert "awaited" in kept(step, **done)  # no call comes before it


def test_a_field_is_asked_for_as_it_is_kept():
    CustomField.objects.create(subject="lead", key="roof", label="Roof", type="text")
    step = palette.new_step("set_field")
    chosen = kept(step, field="seniority", shown="")
    assert chosen == {"field": "seniority", "value": ""}

    step |= chosen
    assert kept(step, field="seniority", shown="seniority", value="manager")["value"] == "manager"
    assert "value" in kept(step, field="seniority", shown="seniority", value="boss of all")
    assert kept(step, field="custom.roof", shown="seniority")["field"] == "custom.roof"


def test_tags_and_lists_are_chosen_from_those_that_there_are():
    Tag.objects.create(name="hot")
    mine = segments.create(name="Mine", kind="static", by=None, at=NOON)
    rule = {"all": [{"field": "lead.country", "op": "is", "value": "NL"}]}
    ruled = segments.create(name="Dutch", condition=rule, by=None, at=NOON)

    assert kept(palette.new_step("tag"), tag="hot", remove="on") == {"tag": "hot", "remove": True}
    assert "tag" in kept(palette.new_step("tag"), tag="cold")
    step = palette.new_step("list")
    assert kept(step, segment=mine.pk) == {"segment": mine.pk, "remove": False}
    assert "segment" in kept(step, segment=ruled.pk)


def test_somebody_is_told_in_words(max):
    step = palette.new_step("notify")

    assert kept(step, whom=f"user:{max.pk}", words="Look")["whom"] == f"user:{max.pk}"
    assert "whom" in kept(step, whom="user:0", words="Look")


def test_a_step_is_put_into_a_way_moved_and_taken_back(marketer):
    sequence = a_sequence(palette.new_step("condition"), mail_step("After"), publish=False)
    base = f"/sequences/{sequence.pk}"

    def tree():
        return [
            (one.step["type"], str(one.place).partition(".")[2])
            for one in editing.walk(sequence_document(sequence)["steps"])
        ]

    asks, mail = (step["id"] for step in sequence_document(sequence)["steps"])
    marketer.post(f"{base}/steps/", {"type": "call", "place": f"{asks}.yes.0"})
    assert tree() == [("condition", ".0"), ("todo", "yes.0"), ("email", ".1")]

    marketer.post(f"{base}/steps/{mail}/move/", {"to": f"{asks}.no.0"})
    assert tree() == [("condition", ".0"), ("todo", "yes.0"), ("email", "no.0")]

    marketer.post(f"{base}/steps/{asks}/move/", {"to": "copy"})
    assert len(tree()) == 6
    marketer.post(f"{base}/draft/", {"to": "undo"})
    assert marketer.post(f"{base}/steps/{asks}/move/", {"to": f"{asks}.no.0"}).status_code == 422
    marketer.post(f"{base}/steps/{asks}/move/", {"to": "away"})
    assert tree() == []
    marketer.post(f"{base}/draft/?to=undo")
    assert tree() == [("condition", ".0"), ("todo", "yes.0"), ("email", "no.0")]


def test_the_line_under_the_ways_gathers_those_that_go_on():
    assert [flow.joins([True, True], at) for at in range(2)] == ["r", "l"]
    assert [flow.joins([True, False], at) for at in range(2)] == ["r", ""]
    assert [flow.joins([True, False, False], at) for at in range(3)] == ["r", "l", ""]
    assert [flow.joins([False, False], at) for at in range(2)] == ["", ""]


def test_many_mails_cost_the_page_no_more_than_few(marketer, django_assert_max_num_queries):
    few = a_sequence(mail_step("One"), publish=False)
    many = a_sequence(*[mail_step(f"Mail {n}") for n in range(20)], publish=False)
    first = sequence_document(many)["steps"][0]["id"]
    marketer.get(f"/sequences/{few.pk}/")

    with django_assert_max_num_queries(30):
        marketer.get(f"/sequences/{many.pk}/")
    with django_assert_max_num_queries(75):
        url = f"/sequences/{many.pk}/steps/{first}/"
        words = {"subject": "Anew", "body": "Good day."}
        assert marketer.post(url, words, headers={"HX-Request": "true"}).status_code == 200
