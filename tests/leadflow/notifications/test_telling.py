"""Who is told what, by which channel, and that nobody is told twice or of imports."""

import pytest
from django.urls import reverse

from leadflow.mail.models import Delivery
from leadflow.models import Origin
from leadflow.notifications import selectors, services
from leadflow.notifications.models import Notice, Notification
from leadflow.services import leads, privacy
from tests.factories.core import a_lead


def tell(user, key="k", kind=Notice.LEAD_ASSIGNED, **more):
    services.tell(user, key, kind=kind, sentence="Ada Ling is yours now", **more)


def told(user):
    return list(Notification.objects.filter(user=user).values_list("sentence", flat=True))


def test_the_same_key_tells_once(bob):
    tell(bob)
    tell(bob)

    assert told(bob) == ["Ada Ling is yours now"]
    assert Delivery.objects.count() == 1


def test_a_mail_follows_where_it_is_wanted(bob):
    services.choose(user=bob, choices={Notice.LEAD_ASSIGNED: (True, False)})
    tell(bob, "one")
    services.choose(user=bob, choices={Notice.LEAD_ASSIGNED: (False, True)})
    tell(bob, "two")

    assert Notification.objects.get().key == "one"
    assert Delivery.objects.get().key.endswith(":two")


def test_whoever_is_shut_out_hears_nothing(bob):
    bob.is_active = False

    tell(bob)

    assert told(bob) == []


def test_a_notice_leads_only_to_our_own_pages(bob):
    tell(bob, url="https://evil.example/")

    assert Notification.objects.get().url == ""


def test_the_new_owner_is_told(alice, bob, drain_events):
    lead = a_lead(first_name="Ada", last_name="Ling")

    leads.assign(lead, owner=bob, by=alice)
    drain_events()

    assert told(bob) == ["Ada Ling is yours now"]
    assert Delivery.objects.filter(kind="notice", to_address="bob@crm.example").count() == 1


def test_who_takes_a_lead_herself_is_not_told(bob, drain_events):
    leads.assign(a_lead(), owner=bob, by=bob)
    drain_events()

    assert told(bob) == []


def test_an_imported_owner_is_not_told(bob, drain_events):
    lead = a_lead()
    leads.assign(lead, owner=bob, by=None, origin=Origin.IMPORT)
    drain_events()

    assert told(bob) == []


def test_many_leads_at_once_are_one_notification(alice, bob, drain_events):
    several = [a_lead() for _ in range(7)]
    drain_events()

    for lead in several:
        leads.assign(lead, owner=bob, by=alice)
    drain_events()

    assert told(bob) == ["7 leads are yours now"]


def test_draining_again_tells_nothing_new(alice, bob, drain_events):
    from leadflow.events.models import Event

    leads.assign(a_lead(), owner=bob, by=alice)
    drain_events()
    Event.objects.update(dispatched_at=None)
    drain_events()

    assert len(told(bob)) == 1


def test_erasing_a_person_erases_what_was_said_of_her(alice, bob, drain_events):
    lead = a_lead(first_name="Ada", last_name="Ling")
    leads.assign(lead, owner=bob, by=alice)
    drain_events()

    privacy.erase(lead=lead, by=alice)

    assert told(bob) == []


def test_the_inbox_shows_only_ones_own(client, bob, carl):
    tell(bob)
    client.force_login(carl)

    assert "Ada Ling" not in client.get(reverse("notifications:inbox")).content.decode()


def test_opening_a_notification_marks_it_and_goes_there(client, bob):
    tell(bob, url="/inbox/?x=1")
    client.force_login(bob)

    answer = client.post(reverse("notifications:look", args=[Notification.objects.get().pk]))

    assert answer.headers["Location"] == "/inbox/?x=1"
    assert selectors.unread_count(bob) == 0


def test_the_bell_counts_the_unread(client, bob):
    tell(bob, "one")
    tell(bob, "two")
    client.force_login(bob)

    assert "2" in client.get(reverse("notifications:bell")).content.decode()
    client.post(reverse("notifications:read-all"))
    assert client.get(reverse("notifications:bell")).content.decode().strip() == ""


def test_channels_are_chosen_on_the_page(client, bob):
    client.force_login(bob)

    client.post(reverse("console:notices"), {"inside": ["lead_assigned"], "mail": ["activity_due"]})

    chosen = {c.kind: (c.inside, c.mail) for c in selectors.choices_of(bob)}
    assert chosen["lead_assigned"] == (True, False)
    assert chosen["activity_due"] == (False, True)


@pytest.mark.parametrize("kind", Notice.values)
def test_every_kind_has_a_default(bob, kind):
    assert kind in {choice.kind for choice in selectors.choices_of(bob)}
