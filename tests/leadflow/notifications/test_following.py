"""Following leads and deals, and colleagues named in notes."""

import pytest

from leadflow.models import LeadStage
from leadflow.notifications.following import follow, follows, unfollow
from leadflow.notifications.mentions import named_in
from leadflow.notifications.models import Follow, Notice, Notification
from leadflow.services import activities, leads, merging, notes
from tests.factories.core import a_lead, a_user
from tests.factories.pipeline import deal as a_deal

pytestmark = pytest.mark.django_db


def heard(user, kind=Notice.FOLLOWED):
    return list(
        Notification.objects.filter(user=user, kind=kind).values_list("sentence", flat=True)
    )


@pytest.fixture
def ann(bob):
    return a_lead(first_name="Ann", last_name="Lee", owner=bob)


def test_what_happened_before_one_followed_is_no_news(ann, bob, mia, drain_events):
    notes.add(text="Budget is set", lead=ann, by=bob)
    follow(user=mia, lead=ann)
    drain_events()

    assert heard(mia) == []


def test_who_follows_a_lead_hears_what_others_do_with_her(ann, bob, mia, drain_events):
    follow(user=mia, lead=ann)

    notes.add(text="Budget is set", lead=ann, by=bob)
    activities.log(kind="call", subject="Talked of panels", lead=ann, by=bob)
    leads.advance(ann, to=LeadStage.MQL, by=bob, reason="hand")
    drain_events()

    assert sorted(heard(mia)) == [
        "Ann Lee went on to MQL",
        f"{bob.name} worked on Ann Lee: Talked of panels",
        f"{bob.name} wrote a note about Ann Lee",
    ]


def test_nobody_hears_of_what_she_did_herself(ann, mia, drain_events):
    follow(user=mia, lead=ann)

    notes.add(text="Mine", lead=ann, by=mia)
    drain_events()

    assert heard(mia) == []


def test_a_private_note_is_told_to_nobody(ann, bob, mia, drain_events):
    follow(user=mia, lead=ann)

    notes.add(text=f"For me, @{mia.name}", lead=ann, by=bob, is_private=True)
    drain_events()

    assert heard(mia) == heard(mia, Notice.MENTIONED) == []


def test_who_may_see_a_lead_no_more_hears_nothing(ann, bob, carl, drain_events):
    follow(user=carl, lead=ann)

    notes.add(text="Budget is set", lead=ann, by=bob)
    drain_events()

    assert heard(carl) == []


def test_many_things_at_once_are_one_notification(ann, bob, mia, drain_events):
    follow(user=mia, lead=ann)

    for n in range(7):
        notes.add(text=f"Note {n}", lead=ann, by=bob)
    drain_events()

    assert heard(mia) == ["7 things happened to leads that you follow"]


def test_a_new_owner_is_told_to_those_who_follow_and_not_twice_to_her(
    ann, mia, max, alice, drain_events
):
    follow(user=max, lead=ann)
    follow(user=mia, lead=ann)

    leads.assign(ann, owner=mia, by=alice, reason="hand")
    drain_events()

    assert heard(mia) == []
    assert heard(max) == [f"Ann Lee has another owner: {mia.name}"]


def test_following_twice_is_following_once_and_can_be_ended(ann, mia):
    follow(user=mia, lead=ann)
    follow(user=mia, lead=ann)
    assert Follow.objects.count() == 1

    unfollow(user=mia, lead=ann)
    assert not follows(mia, lead=ann)


def test_who_followed_the_one_merged_away_follows_the_survivor(ann, bob, mia, drain_events):
    other = a_lead(first_name="Anne", owner=bob)
    follow(user=mia, lead=other)
    follow(user=mia, lead=ann)
    follow(user=bob, lead=other)

    merging.merge(survivor=ann, loser=other, by=bob)
    drain_events()

    assert sorted(Follow.objects.values_list("user_id", "lead_id")) == sorted(
        [(mia.pk, ann.pk), (bob.pk, ann.pk)]
    )


def test_who_follows_a_deal_hears_that_it_is_lost(bob, mia, drain_events):
    deal = a_deal(name="Roof", owner=bob)
    follow(user=mia, ref=deal.ref)

    notes.add(text="They hesitate", subject_ref=deal.ref, by=bob)
    drain_events()

    assert heard(mia) == [f"{bob.name} wrote a note about Roof"]


def test_the_button_on_the_page_follows_and_ends_it(client, mia, ann):
    client.force_login(mia)

    client.post(f"/leads/{ann.pk}/follow/")
    assert b"You follow" in client.get(f"/leads/{ann.pk}/").content

    client.post(f"/leads/{ann.pk}/follow/")
    assert not follows(mia, lead=ann)


def test_abuse_E02_nobody_follows_a_lead_out_of_reach(client, carl, ann):
    client.force_login(carl)

    assert client.post(f"/leads/{ann.pk}/follow/").status_code == 404
    assert not Follow.objects.exists()


def test_a_colleague_named_in_a_note_is_told_with_its_words(ann, bob, mia, drain_events):
    notes.add(text=f"@{mia.name} can you look?", lead=ann, by=bob)
    drain_events()

    assert heard(mia, Notice.MENTIONED) == [
        f"{bob.name} mentions you, about Ann Lee: “@{mia.name} can you look?”"
    ]


def test_abuse_E04_who_may_not_see_the_lead_is_not_told_of_her(ann, bob, carl, drain_events):
    notes.add(text=f"@{carl.name} look", lead=ann, by=bob)
    drain_events()

    assert heard(carl, Notice.MENTIONED) == []


def test_a_note_about_a_deal_without_a_person_tells_as_well(bob, mia, drain_events):
    deal = a_deal(name="Roof", owner=bob)

    notes.add(text=f"@{mia.name.split()[0]}, look", subject_ref=deal.ref, by=bob)
    drain_events()

    assert len(heard(mia, Notice.MENTIONED)) == 1


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("@Maya Okafor see this", ["Maya Okafor"]),
        ("see, @maya okafor.", ["Maya Okafor"]),
        ("@Tom and @Maya", ["Maya Okafor"]),  # two are called Tom
        ("@Tom Rees", ["Tom Rees"]),
        ("@Tom Reese", ["Tom Reese"]),  # the longer of two that fit
        ("mail maya@okafor.example", []),
        ("@Mayan calendar", []),
        ("@ Maya", []),
        ("@@Maya", ["Maya Okafor"]),
    ],
)
def test_names_are_found_after_an_at(text, who):
    people = [a_user(name) for name in ("Maya Okafor", "Tom Rees", "Tom Reese")]

    assert [user.name for user in named_in(text, people)] == who
