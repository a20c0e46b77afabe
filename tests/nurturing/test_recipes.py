"""Every recipe becomes a draft that names its open ends, is published once they are filled, and is walked to its end."""

import re
from datetime import timedelta

import pytest

from leadflow.mail.models import Delivery
from leadflow.models import Activity, Tag
from leadflow.offers.models import Offer, OfferGrant
from leadflow.segments import services as segments
from leadflow.services import engagement
from nurturing import rules
from nurturing.models import Enrolment
from nurturing.services import documents, enrolment, recipes, sequences
from nurturing.services.advancing import advance_due
from nurturing.services.automations import documents as automation_documents
from nurturing.services.automations import editing
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, lawful

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
_OPEN = re.compile(r"\[\[[^\]]+\]\]")
ENDED = ("finished", "goal_met")


SAID = ("double brackets", "Choose the form", "names an offer")


def spring():
    """An offer with a code of her own for each."""
    return Offer.objects.create(
        name="Ten percent", value=10, code="SPRING", has_own_codes=True, ends_at=NOON + 900 * DAY
    )


def filled(document):
    """The same with a link for every open end, and something to enter by."""

    def fill(step):
        if step["type"] != "email":
            return dict(step)
        words = {part: _OPEN.sub("https://a.example/x", step[part]) for part in ("subject", "body")}
        given = {"offer": spring().pk} if "offer." in step["body"] else {}
        return {**step, **words, **given}

    trigger = dict(document["trigger"])
    if trigger["kind"] == "form":
        trigger["ref"] = 1
    if trigger["kind"] == "segment":
        trigger["ref"] = segments.create(name="In", kind="static", by=None).pk
    return {**document, "trigger": trigger, "steps": rules.mapped(document["steps"], fill)}


@pytest.mark.parametrize("key", recipes.SEQUENCES)
def test_a_recipe_of_a_sequence_names_its_open_ends_and_is_walked_to_its_end(key, max, bob):
    lawful()
    recipe = recipes.SEQUENCES[key]
    sequence = recipes.use_sequence(recipe, by=max)
    draft = sequence.rule_set.versions.get().document
    named = [said for _place, said in documents.problems(draft)]
    assert bool(named) == bool(recipe.needs)
    assert all(any(part in said for part in SAID) for said in named)

    sequences.save_draft(sequence, document=filled(draft), by=max)
    sequences.publish(sequence, by=max, at=NOON)
    sequence.refresh_from_db()
    ann = a_reader(owner=bob, first_name="Ann")
    enrolment.enrol_many(sequence=sequence, lead_ids=[ann.pk], by=None, at=NOON)
    walk, at = Enrolment.objects.get(), NOON
    for _step in range(60):
        advance_due(at=at)
        walk.refresh_from_db()
        if walk.state in ENDED:
            break
        at = walk.due_at

    assert walk.state in ENDED
    assert at < NOON + 400 * DAY
    assert walk.steps_done.exists()
    mails = Delivery.objects.filter(lead=ann)
    codes = [one.code for one in OfferGrant.objects.filter(lead=ann)]
    assert mails.exists()
    assert not mails.filter(text__contains="[[").exists()
    assert all(mails.filter(text__contains=code).count() == 1 for code in codes)
    assert (key == "demo") is bool(codes)


@pytest.mark.parametrize("key", recipes.AUTOMATIONS)
def test_a_recipe_of_an_automation_is_published_once_its_end_is_filled(key, max):
    recipe = recipes.AUTOMATIONS[key]
    automation = recipes.use_automation(recipe, by=max)
    document = automation.rule_set.versions.get().document
    named = list(automation_documents.problems(document))
    assert bool(named) == bool(recipe.needs)
    if named:
        sequence = a_sequence()
        steps = [
            {**one, "sequence": sequence.pk} if one["type"] == "enrol" else one
            for one in document["steps"]
        ]
        editing.save_draft(automation, document={**document, "steps": steps}, by=max)

    editing.publish(automation, by=max)

    automation.refresh_from_db()
    assert automation.is_running


def test_who_reads_goes_another_way_than_who_does_not(max, bob):
    lawful()
    sequence = recipes.use_sequence(recipes.SEQUENCES["welcome"], by=max)
    draft = sequence.rule_set.versions.get().document
    sequences.save_draft(sequence, document=filled(draft), by=max)
    sequences.publish(sequence, by=max, at=NOON)
    sequence.refresh_from_db()
    reader, other = a_reader(owner=bob), a_reader(owner=bob)
    enrolment.enrol_many(sequence=sequence, lead_ids=[reader.pk, other.pk], by=None, at=NOON)
    engagement.append(
        [engagement.Fact(reader.pk, "mail.clicked", "delivery", "1:1", at=NOON + 7 * DAY)]
    )

    for day in range(20):
        advance_due(at=NOON + day * DAY)

    assert [tag.name for tag in reader.tags.all()] == ["interested"]
    assert Activity.objects.get().lead == reader
    assert not other.tags.exists()


def test_a_recipe_used_twice_gets_a_name_of_its_own_each_time(max):
    names = [recipes.use_sequence(recipes.SEQUENCES["welcome"], by=max).name for _n in range(2)]

    assert names == ["Welcome", "Welcome 2"]
    assert Tag.objects.get().name == "interested"
