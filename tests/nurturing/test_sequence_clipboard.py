"""Steps are copied, cut and put in: within a sequence, into another one, as often as one likes."""

import pytest

from leadflow.errors import Conflict, Invalid, StaleVersion
from nurturing.models import CopiedSteps
from nurturing.rules import MOST_STEPS
from nurturing.services import clipboard, drafting, editing
from nurturing.services.editing import Place
from tests.factories.nurturing import a_sequence, condition, mail_step, step, todo_step, wait_step

pytestmark = pytest.mark.django_db


def steps_of(sequence):
    return sequence.rule_set.versions.latest("number").document["steps"]


def names(sequence):
    return [
        one.step.get("subject") or one.step.get("title") or one.step["type"]
        for one in editing.walk(steps_of(sequence))
    ]


def copy(sequence, *ids, by):
    return clipboard.copy(steps_of(sequence), ids, by=by)


@pytest.fixture
def branching():
    asks = condition(yes=[todo_step("Call")], no=[mail_step("Case")])
    return a_sequence(mail_step("First"), asks, mail_step("Last"), publish=False)


def test_a_branch_is_copied_with_all_that_it_holds_and_ids_of_its_own(branching, max):
    asks = steps_of(branching)[1]["id"]
    copy(branching, asks, by=max)

    made = clipboard.paste(branching, Place("", "", 3), by=max)

    assert names(branching) == ["First", "condition", "Call", "Case", "Last", "condition", "Call", "Case"]  # fmt: skip
    ids = [one.step["id"] for one in editing.walk(steps_of(branching))]
    assert len(set(ids)) == len(ids)
    assert steps_of(branching)[3]["id"] == made != asks


def test_what_was_copied_goes_into_another_sequence_as_it_was(branching, max):
    other = a_sequence(wait_step(1), publish=False)
    first = steps_of(branching)[0]["id"]
    copy(branching, first, by=max)
    drafting.change_steps(branching, lambda steps: editing.remove(steps, first), by=max)

    clipboard.paste(other, Place(), by=max)
    clipboard.paste(other, Place(), by=max)

    assert names(other) == ["First", "First", "wait"]


def test_what_is_cut_is_gone_until_it_is_taken_back(branching, max):
    asks = steps_of(branching)[1]["id"]

    clipboard.cut(branching, editing.with_rest(steps_of(branching), asks), by=max)

    assert names(branching) == ["First"]
    assert CopiedSteps.objects.get(user=max).name == "Condition"
    drafting.undo(branching, by=max)
    assert names(branching) == ["First", "condition", "Call", "Case", "Last"]
    clipboard.paste(branching, Place("", "", 0), by=max)
    assert names(branching)[:4] == ["condition", "Call", "Case", "Last"]
    drafting.undo(branching, by=max)
    assert names(branching)[0] == "First"


def test_a_wait_that_is_copied_with_its_call_waits_for_the_copy(max):
    call = todo_step("Call")
    wait = step("wait_until") | {"until": "todo", "step": call["id"], "most_days": 3}
    sequence = a_sequence(call, wait, publish=False)
    copy(sequence, call["id"], wait["id"], by=max)

    clipboard.paste(sequence, Place("", "", 2), by=max)

    _call, first, again, second = steps_of(sequence)
    assert (first["step"], second["step"]) == (call["id"], again["id"])


def test_each_colleague_has_a_copy_of_her_own(branching, max, alice):
    first, asks, _last = (one["id"] for one in steps_of(branching))
    copy(branching, first, by=max)
    copy(branching, asks, by=alice)
    copy(branching, asks, by=max)

    assert {row.user: row.name for row in CopiedSteps.objects.all()} == {max: "Condition", alice: "Condition"}  # fmt: skip
    assert clipboard.of(max).name == "Condition"


def test_what_there_is_no_room_for_is_refused_and_nothing_changes(max):
    full = a_sequence(*[mail_step(f"Mail {n}") for n in range(MOST_STEPS)], publish=False)
    copy(full, steps_of(full)[0]["id"], by=max)

    with pytest.raises(Invalid):
        clipboard.paste(full, Place(), by=max)

    assert len(names(full)) == MOST_STEPS


def test_nothing_is_put_in_where_nothing_was_copied(branching, max):
    with pytest.raises(Conflict):
        clipboard.paste(branching, Place(), by=max)


def test_what_somebody_else_saved_is_not_cut_into(branching, max):
    version = branching.rule_set.versions.get()
    seen = drafting.Seen.of(version)
    drafting.change_steps(branching, lambda steps: steps[:1], by=None)

    with pytest.raises(StaleVersion):
        clipboard.cut(branching, [version.document["steps"][1]["id"]], by=max, seen=seen)

    assert not CopiedSteps.objects.exists()


# --- The doors ------------------------------------------------------------------------------------------


def test_the_pane_copies_cuts_and_puts_in_and_says_what_was_done(client, branching, max):
    client.force_login(max)
    base, first = f"/sequences/{branching.pk}", steps_of(branching)[0]["id"]
    part = {"headers": {"HX-Request": "true"}}

    said = client.post(f"{base}/steps/{first}/keep/", {"to": "copy"}, **part).text
    assert "Copied: Mail “First”." in said
    assert "Put in Mail “First”" in said
    said = client.post(f"{base}/paste/", {"place": "..1"}, **part).text
    assert "Put in: 2, First." in said
    cut = client.post(f"{base}/steps/{first}/keep/", {"to": "cut-rest"}, **part)
    assert "and 3 steps behind it" in cut.headers["HX-Trigger"]
    assert names(branching) == []
    client.post(f"{base}/draft/", {"to": "undo"})
    assert names(branching)[:2] == ["First", "First"]
    assert client.post(f"{base}/steps/{first}/keep/", {"to": "burn"}).status_code == 404
    assert client.post(f"{base}/steps/nosuch/keep/", {"to": "copy"}).status_code == 404


def test_a_name_with_signs_is_told_as_it_is(client, max):
    client.force_login(max)
    sequence = a_sequence(mail_step("50 % off %(step)s {x}"), publish=False)
    first = steps_of(sequence)[0]["id"]

    page = client.post(
        f"/sequences/{sequence.pk}/steps/{first}/keep/", {"to": "copy"}, headers={"HX-Request": "true"}
    )  # fmt: skip

    assert page.status_code == 200
    assert "50 % off" in page.text


def test_what_moves_is_told_with_its_place(client, branching, max):
    client.force_login(max)
    part = {"headers": {"HX-Request": "true"}}
    first, asks, _last = (one["id"] for one in steps_of(branching))
    url = f"/sequences/{branching.pk}/steps/{first}/move/"

    assert "Moved: 1 Yes 2, First." in client.post(url, {"to": f"{asks}.yes.1"}, **part).text
    assert "cannot go there" in client.post(url, {"to": f"{asks}.yes.1"}, **part).text
