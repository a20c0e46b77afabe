"""Two people made one and two again: everything is as it was, and what came since stays."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.assets import content
from leadflow.assets.models import ContentItem
from leadflow.errors import Conflict
from leadflow.events import relay
from leadflow.models import (
    Activity,
    Lead,
    LeadAnswer,
    LeadScore,
    Merge,
    Organisation,
)
from leadflow.offers import services as offers
from leadflow.offers.models import Offer
from leadflow.segments import services as segments
from leadflow.segments.models import Segment
from leadflow.services import (
    activities,
    consent,
    engagement,
    leads,
    merging,
    notes,
    unmerging,
)
from pipeline.models import Deal
from pipeline.services import pipelines
from pipeline.services.deals import Opening, open_many
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db

# what an edit raises in any case, and moments of looking anew
NEVER_MIND = {"version", "revision", "scored_at", "next_crossing_at", "updated_at", "counted_at"}


@pytest.fixture(autouse=True)
def _no_score_fades_meanwhile():
    with time_machine.travel(NOON, tick=False):
        yield


def picture():
    """Every row that has to do with a person, without what an edit raises in any case."""
    models = {Lead, LeadScore, *(model for model, _name in unmerging._tables())}
    skipped = {"rulesets.decision", "leadflow.merge"}
    return {
        model._meta.label: {
            row["pk"]: row
            for row in (
                {"pk": row.pk}
                | {
                    f.attname: getattr(row, f.attname)
                    for f in model._meta.concrete_fields
                    if f.attname not in NEVER_MIND
                }
                for row in model._base_manager.all()
            )
        }
        for model in models
        if model._meta.label_lower not in skipped
    }


def differing(before, after):
    """Table and column of each difference, to be read by people."""
    return [
        (label, pk, {k: (v, after[label].get(pk, {}).get(k)) for k, v in row.items()
                     if v != after[label].get(pk, {}).get(k)})
        for label, rows in before.items()
        for pk, row in rows.items()
        if row != after[label].get(pk)
    ] + [(label, pk, "new") for label in after for pk in set(after[label]) - set(before[label])]  # fmt: skip


@pytest.fixture
def pair(drain_events):
    """Two rows with something of everything."""
    ann = a_lead("ann@a.example", first_name="Ann", at=NOON - timedelta(days=9))
    ben = a_lead(
        "ben@b.example",
        first_name="Ben",
        city="Ulm",
        phone="+4930123456",
        at=NOON - timedelta(days=3),
    )
    fill(ann, 9)
    fill(ben, 15)
    drain_events()
    return ann, ben


def fill(lead, what):
    """Some facts about a person, picked by the bits of `what`."""
    if what & 1:
        activities.log(kind=Activity.Kind.CALL, subject="Ring", lead=lead, by=None, at=NOON)
        notes.tag_many(lead_ids=[lead.pk], names=["vip"], by=None)
        LeadAnswer.objects.create(lead=lead, key="size", label="Size", value="10", answered_at=NOON)
    if what & 2:
        consent.give(lead=lead, text="Yes", at=NOON)
        engagement.touch(lead=lead, source=None, campaign=None, channel="direct", at=NOON)
        engagement.append([engagement.Fact(lead.pk, "page.viewed", "visit", "1", at=NOON)])
        leads.advance(lead, to="mql", by=None, at=NOON)
    if what & 4:
        stage = pipelines.ensure_default().stages.first()
        open_many([Opening(name="Deal", stage=stage, lead=lead)], by=None, at=NOON)
        segment = Segment.objects.filter(name="By hand").first()
        segment = segment or segments.create(name="By hand", kind=Segment.Kind.STATIC, by=None)
        segments.add_many(segment=segment, lead_ids=[lead.pk], by=None)
    if what & 8:
        read_and_offered(lead)


def read_and_offered(lead):
    """She saw a guide, which says how far down the funnel she is, and was given an offer of a form."""
    guide, _ = ContentItem.objects.get_or_create(
        title="Guide", defaults={"funnel_position": "tofu"}
    )
    content.saw(item_id=guide.pk, lead_id=lead.pk, key=f"visit:{lead.pk}", how="visit", at=NOON)
    offer, _ = Offer.objects.get_or_create(
        name="Ten", defaults={"value": 10, "has_own_codes": True}
    )
    offers.give(offer_id=offer.pk, lead=lead, key=f"submission:{lead.pk}", at=NOON)


def test_taken_apart_both_are_as_they_were(pair, drain_events):
    ann, ben = pair
    before = picture()
    merging.merge(survivor=ann, loser=ben, by=None)
    drain_events()
    assert Deal.objects.get().lead_id == ann.pk
    # her offer and his were one: his stays as nobody's; what both read is hers
    assert (ann.offers_given.count(), ann.readings.count(), ben.readings.count()) == (1, 2, 0)

    unmerging.unmerge(merge=Merge.objects.get(), by=None)
    drain_events()

    assert differing(before, picture()) == []


@settings(max_examples=6)
@given(
    one=st.integers(0, 15), two=st.integers(0, 15),
    city=st.sampled_from(["", "Ulm"]), is_older=st.booleans(),
)  # fmt: skip
def test_whatever_two_people_hold_taking_them_apart_gives_it_back(one, two, city, is_older):
    with transaction.atomic():
        Organisation.current()
        pair = [
            a_lead("ann@a.example", at=NOON - timedelta(days=9), city="Bonn"),
            a_lead("ben@b.example", at=NOON - timedelta(days=3), city=city, phone="+4930123456"),
        ]
        fill(pair[0], one)
        fill(pair[1], two)
        relay.run()
        before = picture()
        survivor, loser = pair if is_older else pair[::-1]
        merging.merge(survivor=survivor, loser=loser, by=None)
        relay.run()

        unmerging.unmerge(merge=Merge.objects.get(), by=None)
        relay.run()

        assert differing(before, picture()) == []
        transaction.set_rollback(True)


def test_what_came_since_stays_with_the_survivor(pair, drain_events, alice):
    ann, ben = pair
    merging.merge(survivor=ann, loser=ben, by=None)
    drain_events()
    ann.refresh_from_db()
    leads.update(ann, values={"city": "Bonn"}, by=alice)
    later = activities.log(kind="call", subject="Later", lead=ann, by=alice)
    drain_events()

    unmerging.unmerge(merge=Merge.objects.get(), by=alice)

    later.refresh_from_db()
    ann.refresh_from_db()
    ben.refresh_from_db()
    assert later.lead_id == ann.pk
    assert (ann.city, ben.city) == ("Bonn", "Ulm")  # changed since: not taken back


def test_an_address_leads_to_its_own_person_again(pair, drain_events):
    ann, ben = pair
    merging.merge(survivor=ann, loser=ben, by=None)
    drain_events()
    assert leads.create_or_merge(email="ben@b.example").lead.pk == ann.pk

    unmerging.unmerge(merge=Merge.objects.get(), by=None)

    assert leads.create_or_merge(email="ben@b.example").lead.pk == ben.pk


def test_a_merge_is_taken_apart_once_and_the_latest_first(pair, drain_events):
    ann, ben = pair
    merging.merge(survivor=ann, loser=ben, by=None)
    first = Merge.objects.get()
    with pytest.raises(Conflict, match="still being worked on"):
        unmerging.unmerge(merge=first, by=None)
    merging.merge(survivor=ann, loser=a_lead("cy@c.example"), by=None)
    drain_events()
    with pytest.raises(Conflict, match="another merge since"):
        unmerging.unmerge(merge=first, by=None)

    unmerging.unmerge(merge=Merge.objects.first(), by=None)
    unmerging.unmerge(merge=first, by=None)

    assert not Lead.objects.exclude(merged_into=None).exists()
    with pytest.raises(Conflict, match="already"):
        unmerging.unmerge(merge=first, by=None)


def test_a_manager_takes_two_people_apart_on_the_page_of_the_merge(
    client, alice, pair, drain_events
):
    ann, ben = pair
    merging.merge(survivor=ann, loser=ben, by=alice)
    drain_events()
    client.force_login(alice)
    page = client.get(f"/leads/{ann.pk}/merge/").content.decode()
    assert "Take apart" in page

    client.post(f"/leads/{ann.pk}/unmerge/", {"merge": Merge.objects.get().pk})

    ben.refresh_from_db()
    assert ben.merged_into is None
