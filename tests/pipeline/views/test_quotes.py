"""The pages of a quote: ours, and the customer's."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils.timezone import localtime

from leadflow.kit import clock
from leadflow.models import Organisation
from pipeline.models import Quote, QuoteAnswer, QuoteVersion
from tests.factories import pipeline as make
from tests.factories import quotes as some

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def text_of(response):
    return response.content.decode()


def test_a_quote_is_started_edited_and_sent_from_the_deal(as_, bob):
    deal = make.deal(bob, lead=make.lead(bob, email="ada@buyer.example"))
    web = as_(bob)

    made = web.post(f"/deals/{deal.pk}/quotes/new/")
    page = web.get(made.headers["Location"])
    quote = Quote.objects.get()
    form = {
        "recipient": "Ada", "valid_until": (clock.now() + timedelta(days=9)).date().isoformat(),
        "words": "Hello", "terms": "30 days", "line-TOTAL_FORMS": 2, "line-INITIAL_FORMS": 1,
        "line-0-text": "Roof", "line-0-quantity": "2", "line-0-price": "99.95",
        "line-0-discount": "5", "line-0-tax": "19",
        "line-1-text": "", "line-1-quantity": "1",
    }  # fmt: skip
    saved = web.post(f"/quotes/{quote.pk}/edit/", form)
    sent = web.post(f"/quotes/{quote.pk}/send/", {"email": "ada@buyer.example", "note": ""})
    shown = text_of(web.get(f"/quotes/{quote.pk}/"))

    assert (page.status_code, saved.status_code, sent.status_code) == (200, 303, 303)
    version = QuoteVersion.objects.get()
    assert (version.state, version.totals.gross) == ("sent", Decimal("225.98"))
    assert "/q/" in shown
    assert "Roof" in text_of(web.get(f"/quotes/{quote.pk}/?version=1"))
    assert f"/quotes/{quote.pk}/" in text_of(web.get(f"/deals/{deal.pk}/"))


def test_where_no_mail_leaves_the_sending_of_a_quote_says_so(as_, bob, settings):
    door = f"/quotes/{some.draft(bob).quote.pk}/send/"

    said = text_of(as_(bob).get(door))
    settings.SMTP_HOST = "smtp.test-mail.com"
    silent = text_of(as_(bob).get(door))

    assert "Mail stays in the outbox" in said
    assert "Mail stays in the outbox" not in silent


def test_a_bad_line_is_refused_beside_its_field_and_nothing_is_lost(as_, bob):
    quote = some.draft(bob).quote
    form = {
        "valid_until": "2020-01-01", "words": "kept words", "line-TOTAL_FORMS": 1,
        "line-INITIAL_FORMS": 1, "line-0-text": "", "line-0-quantity": "1", "line-0-price": "3",
    }  # fmt: skip

    answer = as_(bob).post(f"/quotes/{quote.pk}/edit/", form)

    assert answer.status_code == 422
    assert "Pick today or a day to come." in text_of(answer)
    assert "Choose a product or say what it is." in text_of(answer)
    assert "kept words" in text_of(answer)


def test_a_customer_accepts_with_her_name_and_a_tick(client, bob):
    path = some.path(some.sent(bob))

    page = client.get(path)
    bare = client.post(path, {"verdict": "accept"})
    good = client.post(path, {"verdict": "accept", "name": "Ada Ahlers", "agree": "1"})
    after = text_of(client.get(path))

    assert "€900.00" in text_of(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers
    assert bare.status_code == 422
    assert "Type your name." in text_of(bare)
    assert good.status_code == 303
    assert "Ada Ahlers accepted this quote" in after
    assert QuoteAnswer.objects.get().ip == "127.0.0.1"


def test_the_days_of_a_quote_are_written_as_the_organisation_writes_days(client, bob):
    version = some.sent(bob)
    us = Organisation.current()
    us.date_format = "d.m.Y"
    us.save()

    page = client.get(some.path(version)).text

    assert f"{version.valid_until:%d.%m.%Y}" in page
    assert f"{localtime(version.sent_at):%d.%m.%Y}" in page


def test_looking_at_a_quote_changes_nothing(client, bob):
    version = some.sent(bob)

    client.get(some.path(version))
    client.get(some.path(version), {"verdict": "accept", "name": "Robot", "agree": "1"})
    client.head(some.path(version))

    version.refresh_from_db()
    assert version.state == "sent"
    assert not QuoteAnswer.objects.exists()


def test_a_customer_declines_with_a_reason(client, bob):
    version = some.sent(bob)

    client.post(some.path(version), {"verdict": "decline", "reason": "Too dear"})

    assert QuoteAnswer.objects.get().reason == "Too dear"
    assert "declined" in text_of(client.get(some.path(version)))


def test_what_ran_out_says_so_and_shows_no_price(client, bob):
    version = some.sent(bob)

    with time_machine.travel(clock.now() + timedelta(days=60)):
        page = client.get(some.path(version))
        posted = client.post(some.path(version), {"verdict": "accept", "name": "A", "agree": "1"})

    assert (page.status_code, posted.status_code) == (410, 409)
    assert "run out" in text_of(page)
    assert "900" not in text_of(page)
    assert "run out" in text_of(posted)


def test_the_pdf_sets_a_name_in_any_script(client, as_, bob):
    lead = make.lead(bob, first_name="محمد", last_name="王小明")
    version = some.sent(bob, lead=lead)

    theirs = client.get(f"{some.path(version)}quote.pdf")
    ours = as_(bob).get(f"/quotes/{version.quote_id}/quote.pdf")

    assert theirs.content.startswith(b"%PDF")
    assert ours.content.startswith(b"%PDF")


def test_abuse_A01_payloads_in_a_quote_are_text_on_page_and_paper(client, bob):
    bad = "<img src=x onerror=__pwned=1>"
    version = some.sent(bob, name=bad, lines=[some.line(f'{bad} #panic("x")')])

    page = text_of(client.get(some.path(version)))
    paper = client.get(f"{some.path(version)}quote.pdf")
    client.post(some.path(version), {"verdict": "accept", "name": bad, "agree": "1"})
    client.force_login(bob)
    ours = text_of(client.get(f"/quotes/{version.quote_id}/"))

    assert bad not in page + ours
    assert "&lt;img src=x" in page
    assert ours.count("&lt;img src=x") >= 2
    assert paper.content.startswith(b"%PDF")


def test_abuse_B02_a_guessed_quote_link_is_not_found_and_guessers_are_slowed(client, bob):
    good = some.path(some.sent(bob))
    guesses = [client.get(f"/q/{n:032x}.{'A' * 22}/").status_code for n in range(70)]

    assert guesses[0] == 404
    assert guesses.count(429) >= 10  # a minute may end among them
    assert client.get(good).status_code == 200


def test_abuse_B06_a_quote_link_opens_no_other_quote_nor_version(client, bob):
    mine, other = some.sent(bob), some.sent(bob)
    token = some.path(mine).split("/")[2]
    forged = token.replace(mine.public_id, other.public_id)
    draft = some.draft(bob)

    assert client.get(f"/q/{forged}/").status_code == 404
    assert client.post(f"/q/{forged}/", {"verdict": "decline"}).status_code == 404
    assert client.get(some.path(draft)).status_code == 404
    assert not QuoteAnswer.objects.exists()


def test_abuse_E02_no_door_of_a_quote_opens_to_another_team(as_, bob, carl):
    quote = some.draft(bob).quote
    web = as_(carl)
    doors = ["", "edit/", "send/", "quote.pdf"]

    assert {web.get(f"/quotes/{quote.pk}/{door}").status_code for door in doors} == {404}
    assert web.post(f"/quotes/{quote.pk}/send/", {}).status_code == 404
    assert web.post(f"/quotes/{quote.pk}/revise/").status_code == 404
    assert web.post(f"/deals/{quote.deal_id}/quotes/new/").status_code == 404
    assert QuoteVersion.objects.get().state == "draft"


def test_the_won_dialog_offers_what_was_accepted(as_, bob):
    version = some.sent(bob)
    some.accept(version)

    page = text_of(as_(bob).get(f"/deals/{version.quote.deal_id}/win/"))

    assert re.search(r'name="amount" value="900\.00"', page)
    assert "was accepted over €900.00 without tax" in page
