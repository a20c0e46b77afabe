"""Every edit of a draft is kept, can be taken back, and never overwrites another's."""

from datetime import timedelta

import pytest

from leadflow.errors import Conflict, InvalidTransition, StaleVersion
from nurturing.models import DraftEdit
from nurturing.services import drafting, editing, sequences
from tests.factories.core import NOON
from tests.factories.nurturing import a_sequence

pytestmark = pytest.mark.django_db


def subjects(version):
    return [one.step.get("subject", "") for one in editing.walk(version.document["steps"])]


def write(sequence, subject, **more):
    """Type a subject into the first mail."""

    def edit(document):
        step = document["steps"][0]
        fields = {"subject": subject}
        return document | {"steps": editing.change(document["steps"], step["id"], fields)}

    return drafting.change(sequence, edit=edit, **({"by": None, "at": NOON} | more))


def test_an_edit_is_taken_back_and_done_again():
    sequence = a_sequence()

    write(sequence, "Second thought")
    write(sequence, "Third thought")

    assert subjects(drafting.undo(sequence, by=None))[0] == "Second thought"
    assert subjects(drafting.undo(sequence, by=None))[0] == "First"
    assert subjects(drafting.redo(sequence, by=None))[0] == "Second thought"
    assert subjects(drafting.redo(sequence, by=None))[0] == "Third thought"
    with pytest.raises(Conflict):
        drafting.redo(sequence, by=None)


def test_a_new_edit_forgets_what_was_taken_back():
    sequence = a_sequence()
    write(sequence, "Second thought")
    drafting.undo(sequence, by=None)

    write(sequence, "Another")

    with pytest.raises(Conflict):
        drafting.redo(sequence, by=None)
    assert subjects(drafting.undo(sequence, by=None))[0] == "First"


def test_what_is_typed_within_a_minute_is_one_edit(max):
    sequence = a_sequence()

    write(sequence, "S", about="step a", by=max)
    write(sequence, "Se", about="step a", by=max, at=NOON + timedelta(seconds=20))
    write(sequence, "Sec", about="step a", by=max, at=NOON + timedelta(minutes=2))

    assert subjects(drafting.undo(sequence, by=max))[0] == "Se"
    assert subjects(drafting.undo(sequence, by=max))[0] == "First"


def test_an_edit_that_changes_nothing_keeps_nothing():
    sequence = a_sequence()

    version = write(sequence, "First")

    assert version.state == "published"
    assert not DraftEdit.objects.exists()


def test_somebody_elses_save_is_not_overwritten():
    sequence = a_sequence()
    seen = drafting.Seen.of(sequence.rule_set.versions.get())
    write(sequence, "Second thought", seen=seen)

    with pytest.raises(StaleVersion):
        write(sequence, "Third thought", seen=seen)


def test_only_so_many_edits_are_kept(monkeypatch):
    monkeypatch.setattr(drafting, "MOST_KEPT", 3)
    sequence = a_sequence()

    for number in range(5):
        write(sequence, f"Thought {number}")

    assert DraftEdit.objects.count() == 3


def test_publishing_and_discarding_forget_what_could_be_taken_back():
    sequence = a_sequence()
    write(sequence, "Second thought")
    sequences.publish(sequence, by=None, at=NOON)
    assert not DraftEdit.objects.exists()

    write(sequence, "Third thought")
    drafting.discard(sequence, by=None)

    assert not DraftEdit.objects.exists()
    assert subjects(sequence.rule_set.versions.get(state="published"))[0] == "Second thought"
    assert not sequence.rule_set.versions.filter(state="draft").exists()


def test_what_was_never_published_is_not_discarded_and_what_was_put_away_not_edited():
    sequence = a_sequence(publish=False)
    with pytest.raises(Conflict):
        drafting.discard(sequence, by=None)

    sequences.archive(sequence, by=None)

    with pytest.raises(InvalidTransition):
        write(sequence, "Second thought")
