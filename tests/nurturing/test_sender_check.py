"""What the check before publishing says of whoever the mails come from."""

import pytest

from leadflow.kit import clock
from leadflow.mail.models import DomainStanding, SenderIdentity
from nurturing.services import senders
from tests.factories.nurturing import a_sequence, mail_step

pytestmark = pytest.mark.django_db
DOMAIN = "ours.test-mail.com"


@pytest.fixture
def sender():
    return SenderIdentity.objects.create(
        name="Ours", email=f"hello@{DOMAIN}", verified_at=clock.now()
    )


@pytest.fixture
def draft(sender):
    return a_sequence(mail_step("First", sender=sender.pk), publish=False)


def dns_said(**states):
    """SPF, DKIM and DMARC as they were found last, in order where nothing else is told."""
    verdicts = [
        {"what": what, "state": states.get(what, "ok"), "words": f"{what} is {states.get(what)}.",
         "name": "", "record": ""}
        for what in ("SPF", "DKIM", "DMARC", "Alignment")
    ]  # fmt: skip
    DomainStanding.objects.create(domain=DOMAIN, verdicts=verdicts, checked_at=clock.now())


def page_of(client, draft):
    return client.get(f"/sequences/{draft.pk}/check/").content.decode()


def test_a_domain_that_nobody_looked_at_is_said_with_the_way_there(client, max, draft):
    client.force_login(max)

    page = page_of(client, draft)

    assert f"Nobody looked yet at what DNS says about {DOMAIN}." in page
    assert "/settings/deliverability/" in page


def test_a_domain_in_order_is_said_so_whatever_else_was_judged(client, max, draft):
    dns_said(Alignment="warn")
    client.force_login(max)

    assert f"SPF, DKIM and DMARC of {DOMAIN} are in order." in page_of(client, draft)


def test_each_record_that_is_wrong_is_named(client, max, draft):
    dns_said(DKIM="warn", DMARC="bad")
    client.force_login(max)

    page = page_of(client, draft)

    assert "DKIM: DKIM is warn." in page
    assert "DMARC: DMARC is bad." in page
    assert "SPF: SPF" not in page
    assert f"Deliverability of {DOMAIN}" in page


def test_all_senders_of_a_sequence_cost_three_queries(django_assert_num_queries, sender):
    other = SenderIdentity.objects.create(name="Other", email="me@other.test-mail.com")
    mails = [mail_step("A", sender=sender.pk), mail_step("B", sender=other.pk), mail_step("C")]
    dns_said(SPF="bad")

    with django_assert_num_queries(3):
        found = {one.address: one for one in senders.checked(mails)}

    assert found[sender.email].is_broken
    assert (found[other.email].is_proved, found[other.email].looked_at) == (False, None)
    assert len(found) == 3


def test_the_usual_sender_stands_once_where_a_step_chose_it_too(sender):
    SenderIdentity.objects.update(is_default=True)
    mails = [mail_step("A", sender=sender.pk), mail_step("B")]

    assert [one.address for one in senders.checked(mails)] == [sender.email]
