"""A quote is written, sent, answered once, and never rewritten."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Organisation
from leadflow.notifications.models import Notification
from pipeline import rules, tasks
from pipeline.models import Product, Quote, QuoteAnswer, QuoteVersion
from pipeline.services import deals, privacy, quotes, upkeep
from tests.factories import pipeline as make
from tests.factories import quotes as some

db = pytest.mark.django_db
MONEY = st.decimals(0, 1_000_000, places=4)
LINES = st.lists(
    st.builds(
        rules.QuoteLine,
        text=st.just("x"),
        quantity=st.decimals("0.001", 10_000, places=3),
        price=MONEY,
        discount=st.decimals(0, 100, places=2),
        tax=st.decimals(0, 100, places=2),
        list_price=st.none() | MONEY,
    ),
    max_size=12,
)


@given(LINES, st.integers(0, 4))
def test_sums_of_a_quote_are_exactly_its_lines_in_whole_units(lines, places):
    totals = rules.priced(lines, places)
    unit = Decimal(1).scaleb(-places)

    assert totals.net == sum(row.net for row in totals.lines)
    assert totals.tax == sum(row.tax for row in totals.lines) == sum(s for _r, s in totals.by_rate)
    assert totals.gross == totals.net + totals.tax
    for row in totals.lines:
        assert abs(row.net - row.line.exact) <= unit / 2
        assert row.net % unit == row.tax % unit == 0


def test_a_line_is_rounded_half_to_even():
    half = [
        rules.QuoteLine(text="x", quantity=Decimal(1), price=Decimal(p)) for p in ("0.125", "0.135")
    ]

    assert [row.net for row in rules.priced(half, 2).lines] == [Decimal("0.12"), Decimal("0.14")]


@given(LINES)
def test_the_discount_of_a_quote_is_between_nothing_and_all(lines):
    assert 0 <= rules.discount_of(lines) <= 100


def test_a_price_under_the_list_is_a_discount_as_well():
    line = rules.QuoteLine(
        text="x",
        quantity=Decimal(1),
        price=Decimal(80),
        discount=Decimal(10),
        list_price=Decimal(100),
    )

    assert rules.discount_of([line]) == Decimal("28.00")


@db
def test_a_quote_begins_with_the_lines_of_its_deal(bob):
    Organisation.objects.filter(pk=Organisation.current().pk).update(tax_rate=19)
    product = Product.objects.create(
        name="Panel", price=Decimal(500), currency="EUR", created_at=clock.now()
    )

    version = some.draft(bob, lines=[some.line("", 3, 450, 0, product=product), some.line()])

    assert str(version) == f"{clock.now().year}-0001 v1"
    assert [line.text for line in version.quote_lines] == ["Panel", "Consulting"]
    assert version.quote_lines[0].list_price == 500
    assert version.totals.net == Decimal("2250.00")
    assert version.totals.gross == Decimal("2677.50")


@db
def test_numbers_of_a_year_follow_one_another(bob):
    numbers = [str(some.draft(bob).quote).split("-")[1] for _n in range(3)]

    assert numbers == ["0001", "0002", "0003"]


@db
def test_a_sent_version_cannot_be_edited_not_even_in_the_database(bob):
    version = some.sent(bob)

    with pytest.raises(Conflict):
        quotes.edit(version, values={}, lines=[], by=bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        QuoteVersion.objects.filter(pk=version.pk).update(lines=[])


@db
def test_sending_records_it_and_mails_the_link(bob):
    lead = make.lead(bob, first_name="Ada")
    version = some.draft(bob, lead=lead)

    quotes.send(version, email="ada@buyer.example", note="As we said.", by=bob)

    mail = Delivery.objects.get(key=f"quote:{version.pk}")
    assert some.path(version) in mail.text
    assert mail.text.startswith("As we said.")
    assert mail.kind == Delivery.Kind.ESSENTIAL
    event = Event.objects.get(kind="quote.sent")
    assert (event.lead_id, event.data["amount"]) == (lead.pk, "900.00")


@db
def test_the_next_version_replaces_the_one_that_is_out_when_it_is_sent(bob):
    first = some.sent(bob)
    second = quotes.revise(quote=first.quote, by=bob)
    first.refresh_from_db()
    assert (first.state, second.state, second.number) == ("sent", "draft", 2)

    quotes.send(second, by=bob)

    first.refresh_from_db()
    assert first.state == "replaced"
    with pytest.raises(Conflict, match="newer version"):
        some.accept(first)
    assert second.public_id != first.public_id


@db
def test_an_answer_is_kept_with_its_proof_and_the_owner_is_told(bob):
    version = some.sent(bob, name="Roof")

    made = some.accept(version, name="Ada  Ahlers")

    assert (made.name, made.ip, made.content_hash) == (
        "Ada Ahlers", "203.0.113.9", version.fingerprint(),
    )  # fmt: skip
    assert Event.objects.filter(kind="quote.accepted").count() == 1
    assert Notification.objects.get(user=bob).sentence.startswith("Ada Ahlers accepted the quote")
    with pytest.raises(IntegrityError), transaction.atomic():
        QuoteAnswer.objects.update(name="Somebody else")
    with pytest.raises(IntegrityError), transaction.atomic():
        made.delete()


@db
def test_a_quote_is_answered_once(bob):
    version = some.sent(bob)
    some.accept(version)

    with pytest.raises(Conflict, match="accepted already"):
        some.accept(version)
    assert QuoteAnswer.objects.count() == 1


@db
def test_accepting_takes_a_name(bob):
    with pytest.raises(Invalid):
        some.accept(some.sent(bob), name=" ")


@db
def test_nobody_accepts_after_the_last_day_marked_or_not(bob):
    version = some.sent(bob)
    late = clock.now() + timedelta(days=40)

    with pytest.raises(Conflict, match="run out"):
        some.accept(version, at=late)
    assert quotes.expire_due(at=late) == 1
    with pytest.raises(Conflict, match="run out"):
        some.accept(version)


@db
def test_declining_keeps_the_reason(bob):
    version = some.sent(bob)

    quotes.answer(
        version, is_accepted=False, signature=quotes.Signature(name=""), reason="Too dear"
    )

    assert Event.objects.get(kind="quote.declined").data["reason"] == "Too dear"
    assert quotes.revise(quote=version.quote, by=bob).number == 2


@db
def test_a_deal_is_won_at_what_was_accepted_although_its_lines_say_otherwise(bob):
    version = some.sent(bob)
    some.accept(version)
    deal = version.quote.deal
    deals.set_lines(deal, lines=[some.line(price=2000)], by=bob)

    won = deals.win(deal, amount=Decimal("900.00"), by=bob)

    assert (won.amount, won.follows_lines) == (Decimal("900.00"), False)


@db
def test_erasing_a_person_takes_her_name_out_of_her_quotes(bob):
    lead = make.lead(bob, first_name="Ada", last_name="Ahlers")
    version = some.sent(bob, lead=lead)
    some.accept(version)

    privacy.erase([lead])

    version.refresh_from_db()
    kept = QuoteAnswer.objects.get()
    assert (version.recipient, kept.name, kept.ip) == ("", "", None)
    assert kept.content_hash


@db
def test_the_trash_takes_a_deal_with_its_answered_quotes(bob):
    version = some.sent(bob)
    some.accept(version)
    deals.trash_many(deal_ids=[version.quote.deal_id], by=bob)

    upkeep.empty_trash(clock.now() + timedelta(days=1))

    assert not Quote.objects.exists()


@db
def test_the_tick_marks_what_ran_out_and_leaves_what_holds(bob):
    old, new = some.sent(bob), some.sent(bob)
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        quotes.send(quotes.revise(quote=new.quote, by=bob), by=bob)
        tasks.expire_quotes()
        tasks.expire_quotes()

    old.refresh_from_db()
    assert old.state == "expired"
    assert new.quote.versions.filter(state="sent").exists()
