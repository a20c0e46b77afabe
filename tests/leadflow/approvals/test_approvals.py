"""A quote above the limit waits for a manager's yes."""

from datetime import timedelta
from decimal import Decimal

import pytest

from leadflow.approvals import services
from leadflow.approvals.models import Approval
from leadflow.errors import Conflict, Invalid, NotAllowed
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.notifications.models import Notification
from pipeline.services import quote_discounts, quotes
from tests.factories import quotes as some

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(bob, mia):
    """Bob's draft gives 20 per cent where 15 are free; he has asked."""
    Organisation.objects.filter(pk=Organisation.current().pk).update(free_discount=Decimal(15))
    version = some.draft(bob, lines=[some.line(discount=20)])
    return version, quote_discounts.ask(version, reason="Big name", by=bob)


def test_a_quote_above_the_limit_is_sent_after_its_approval_only(asked, bob, mia):
    version, approval = asked
    with pytest.raises(Conflict, match="needs approval"):
        quotes.send(version, by=bob)

    services.decide(approval, is_approved=True, by=mia)

    assert quotes.send(version, by=bob).state == "sent"
    assert Event.objects.get(kind="approval.decided").data["state"] == "approved"
    assert Notification.objects.get(user=bob).sentence.startswith("Approved: 20 %")
    assert Notification.objects.get(user=mia).sentence.startswith("20 % discount")


def test_an_approval_covers_no_more_than_was_asked(asked, bob, mia):
    version, approval = asked
    services.decide(approval, is_approved=True, by=mia)
    values = {"recipient": "", "valid_until": version.valid_until, "words": "", "terms": ""}
    line = quotes.Line(text="x", quantity=Decimal(1), price=Decimal(1000), discount=Decimal(21))

    more = quotes.edit(version, values=values, lines=[line], by=bob)

    with pytest.raises(Conflict, match=r"21 % needs approval"):
        quotes.send(more, by=bob)


def test_a_refusal_needs_words_and_keeps_the_quote_back(asked, bob, mia):
    version, approval = asked
    with pytest.raises(Invalid):
        services.decide(approval, is_approved=False, by=mia)

    services.decide(approval, is_approved=False, words="Too much", by=mia)

    with pytest.raises(Conflict):
        quotes.send(version, by=bob)
    with pytest.raises(Conflict, match="decided already"):
        services.decide(approval, is_approved=True, by=mia)


def test_nobody_approves_what_she_asked_for_herself(asked, bob, mia):
    version, _approval = asked
    own = quote_discounts.ask(version, reason="", by=mia)

    with pytest.raises(NotAllowed):
        services.decide(own, is_approved=True, by=mia)
    with pytest.raises(NotAllowed):
        services.decide(own, is_approved=True, by=bob)


def test_a_request_that_ran_out_is_asked_again(asked, mia, bob):
    version, approval = asked
    late = clock.now() + timedelta(days=15)

    with pytest.raises(Conflict, match="run out"):
        services.decide(approval, is_approved=True, by=mia, at=late)
    assert not Approval.objects.waiting(late).exists()
    assert quote_discounts.ask(version, reason="again", by=bob).pk == approval.pk


def test_the_inbox_shows_what_waits_and_takes_the_answer(client, asked, mia, bob):
    _version, approval = asked
    client.force_login(mia)

    inbox = client.get("/approvals/").content.decode()
    bare = client.post(f"/approvals/{approval.pk}/", {"verdict": "no"})
    done = client.post(f"/approvals/{approval.pk}/", {"verdict": "yes", "words": "Go"})
    decided = client.get("/approvals/?tab=decided").content.decode()

    assert "20 % discount on quote" in inbox
    assert (bare.status_code, done.status_code) == (422, 303)
    assert "Say why not." in bare.content.decode()
    assert "Approved" in decided


def test_a_rep_asks_on_the_page_of_the_quote(client, bob):
    Organisation.objects.filter(pk=Organisation.current().pk).update(free_discount=Decimal(5))
    version = some.draft(bob)
    client.force_login(bob)

    page = client.get(f"/quotes/{version.quote_id}/").content.decode()
    asked = client.post(f"/quotes/{version.quote_id}/ask/", {"reason": "Please"})
    after = client.get(f"/quotes/{version.quote_id}/").content.decode()

    assert "Ask for approval" in page
    assert "/send/" not in page
    assert asked.status_code == 303
    assert "Waits for approval" in after


def test_abuse_E02_a_request_of_another_team_is_not_there(client, asked, carl):
    _version, approval = asked
    client.force_login(carl)

    assert client.get(f"/approvals/{approval.pk}/").status_code == 404
    assert client.post(f"/approvals/{approval.pk}/", {"verdict": "yes"}).status_code == 404
    approval.refresh_from_db()
    assert approval.state == "asked"
