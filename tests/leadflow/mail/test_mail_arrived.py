"""What proves that an uncertain message arrived: whoever opens, follows, answers or opts out has got it."""

import pytest
from django.test import Client

from leadflow.events.models import Event
from leadflow.mail import inbound, ledger, links, mailboxes, outcomes
from leadflow.mail.inbound import Came
from leadflow.models import Source
from tests.factories.core import a_lead
from tests.leadflow.mail.letters import letter, report

pytestmark = pytest.mark.django_db(transaction=True)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def uncertain(write):
    """A marketing message to a lead whose answer was lost."""
    lead = a_lead(email="ann@customer.test-mail.com")
    write(lead_id=lead.pk, html='<a href="https://a.test-site.com/x">x</a>')
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")
    outcomes.lose(claimed, ledger.Answer(None, "cut"), no=no)
    return claimed


def path_of(url):
    return "/" + url.partition("://")[2].partition("/")[2]


def ask(method, url, *args):
    answer = getattr(Client(headers={"user-agent": BROWSER}), method)(path_of(url), *args)
    assert answer.status_code in (200, 302)


def receive(raw):
    source = Source.objects.create(name="Mail to us", channel="direct")
    mailbox = mailboxes.add(
        by=None, secret="s" * 20, address="leads@north.example", kind="postmark", host="",
        folder="INBOX", source=source, tags=[],
    )  # fmt: skip
    inbound.receive(Came(mailbox, raw.encode()))


PROOFS = {
    "one click": lambda row: ask(
        "post", links.unsubscribe_url(row), {"List-Unsubscribe": "One-Click"}
    ),
    "button": lambda row: ask("post", links.unsubscribe_url(row), {"what": "everything"}),
    "preferences": lambda row: ask(
        "post", links.unsubscribe_url(row), {"what": "preferences", "keep": "email:marketing"}
    ),
    "picture": lambda row: ask("get", links.open_url(row)),
    "trap": lambda row: ask("get", links.trap_url(row)),
    "answer": lambda row: receive(letter(1, In_Reply_To=row.message_id)),
    "stop": lambda row: receive(letter(1, In_Reply_To=row.message_id, body="unsubscribe")),
    "away": lambda row: receive(
        letter(1, In_Reply_To=row.message_id, Auto_Submitted="auto-replied", Subject="Away")
    ),
    "delay": lambda row: receive(report(row, "4.4.1", "delayed", "451 4.4.1 later")),
}


@pytest.mark.parametrize("proof", PROOFS)
def test_what_only_a_receiver_can_do_turns_uncertain_into_sent(uncertain, state, proof):
    PROOFS[proof](uncertain)

    row = state(uncertain)
    assert (row.state, row.sent_at) == ("sent", row.began_at)
    told = Event.objects.filter(kind="delivery.sent", lead_id=uncertain.lead_id)
    assert [event.occurred_at for event in told] == [row.began_at]


def test_a_report_that_it_came_back_settles_it_too(uncertain, state):
    receive(report(uncertain))

    assert state(uncertain).state == "bounced"


def test_looking_at_the_opt_out_proves_nothing(uncertain, state):
    ask("get", links.unsubscribe_url(uncertain))

    assert state(uncertain).state == "uncertain"


def test_a_second_proof_at_the_same_moment_is_no_error(uncertain, state):
    assert outcomes.arrived(uncertain, "It was opened")
    assert not outcomes.arrived(uncertain, "It was opened")

    ask("get", links.open_url(uncertain))

    assert state(uncertain).state == "sent"
    assert Event.objects.filter(kind="delivery.sent").count() == 1


def test_a_person_who_says_that_it_was_sent_puts_it_into_the_story(uncertain):
    outcomes.mark_sent(delivery=uncertain, by=None)

    assert Event.objects.filter(kind="delivery.sent", lead_id=uncertain.lead_id).count() == 1


def test_an_answer_of_the_server_that_comes_late_tells_nothing_twice(uncertain):
    outcomes.arrived(uncertain, "It was opened")

    assert not ledger.finish(uncertain, 1, ledger.Answer(250, "ok"))

    assert Event.objects.filter(kind="delivery.sent").count() == 1
