"""A mail that names an offer: her own code, once; without her where the offer is over."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.mail.models import Delivery
from leadflow.mail.templates import catalogue
from leadflow.offers import services as offers
from leadflow.offers.models import Offer, OfferGrant
from leadflow.segments import services as segments
from nurturing.models import Reason, Recipient, StepDone
from nurturing.services import audience, documents, enrolment, messages
from nurturing.services.advancing import advance_due
from pipeline.services import negotiating
from tests.factories import pipeline as made
from tests.factories.core import NOON
from tests.factories.nurturing import (
    a_broadcast,
    a_reader,
    a_sequence,
    cast,
    confirmed,
    mail_step,
    run_broadcast,
    wait_step,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WORDS = "Yours: {{ offer.code }} until {{ offer.ends_on | date }}, {{ offer.name }}."


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    """The business clock stands, so that what is due is due."""
    moment = [NOON]
    monkeypatch.setattr("leadflow.kit.clock.now", lambda: moment[0])
    return moment


@pytest.fixture
def spring():
    return Offer.objects.create(
        name="Spring", value=5, code="SPRING", has_own_codes=True, ends_at=NOON + 10 * DAY
    )


def enrol(sequence, *leads):
    enrolment.enrol_many(sequence=sequence, lead_ids=[one.pk for one in leads], by=None, at=NOON)
    advance_due(at=NOON)


def telling(offer, subject="Spring", **more):
    return mail_step(subject, WORDS, offer=offer.pk, **more)


def test_each_reader_of_a_sequence_gets_a_code_of_her_own(spring):
    ann, bea = a_reader(), a_reader()

    enrol(a_sequence(telling(spring)), ann, bea)

    codes = {row.lead_id: row.own_code for row in OfferGrant.objects.all()}
    texts = dict(Delivery.objects.values_list("lead_id", "text"))
    assert len(set(codes.values())) == 2
    for lead in (ann, bea):
        assert texts[lead.pk] == f"Yours: {codes[lead.pk]} until 12 March 2026, Spring."
    spring.refresh_from_db()
    assert spring.given == 2


def test_asked_twice_she_has_one_code(spring, at_noon):
    ann = a_reader()
    enrol(a_sequence(telling(spring), wait_step(2), telling(spring, "Once more")), ann)
    advance_due(at=NOON + 2 * DAY)

    at_noon[0] = NOON + 4 * DAY
    cast(a_broadcast(ann, body=WORDS, offer=spring.pk), at=at_noon[0])

    texts = list(Delivery.objects.values_list("text", flat=True))
    assert (len(texts), len(set(texts))) == (3, 1)
    assert OfferGrant.objects.count() == Offer.objects.get().given == 1


def test_a_shared_code_is_told_to_everybody(spring):
    Offer.objects.update(has_own_codes=False)

    cast(a_broadcast(a_reader(), a_reader(), body="{{ offer.code }}", offer=spring.pk))

    assert list(Delivery.objects.values_list("text", flat=True)) == ["SPRING", "SPRING"]


def test_after_its_end_the_mail_is_left_out_with_the_reason_and_the_walk_goes_on(spring):
    ann = a_reader()
    enrol(a_sequence(wait_step(2), telling(spring), mail_step("Then")), ann)
    Offer.objects.update(ends_at=NOON + DAY)

    advance_due(at=NOON + 2 * DAY)

    assert [mail.subject for mail in Delivery.objects.all()] == ["Then"]
    done = StepDone.objects.get(reason=Reason.OFFER_OVER)
    assert done.get_reason_display() == "The offer is over, or was used"
    assert not OfferGrant.objects.exists()


def test_of_the_last_one_the_others_are_left_out(spring):
    Offer.objects.update(most_uses=1)
    ann, bea = a_reader(), a_reader()

    row = cast(a_broadcast(ann, bea, body=WORDS, offer=spring.pk))

    assert Delivery.objects.get().lead_id == ann.pk
    assert Recipient.objects.get(broadcast=row, lead=bea).reason == Reason.NO_CODE


def test_in_a_sequence_whoever_comes_after_the_last_code_goes_on_without_the_mail(spring):
    Offer.objects.update(most_uses=1)
    ann, bea = a_reader(), a_reader()

    enrol(a_sequence(telling(spring), mail_step("Then")), ann, bea)

    assert sorted(Delivery.objects.values_list("lead_id", "subject")) == [
        (ann.pk, "Spring"), (bea.pk, "Then"),
    ]  # fmt: skip
    done = StepDone.objects.get(enrolment__lead=bea, delivery=None)
    assert (done.reason, done.get_reason_display()) == (
        Reason.NO_CODE, "No code of the offer was left",
    )  # fmt: skip


def test_an_offer_whose_code_was_taken_away_since_leaves_no_gap_in_a_mail(spring):
    sequence = a_sequence(telling(spring))
    Offer.objects.update(code="", has_own_codes=False)

    enrol(sequence, a_reader())

    assert StepDone.objects.get().reason == Reason.NO_CODE
    assert not Delivery.objects.exists()
    assert not OfferGrant.objects.exists()


def test_the_check_tells_how_many_codes_are_left_for_how_many_people(client, max, spring):
    client.force_login(max)
    people = [a_reader() for _ in range(5)]
    offers.give(offer_id=spring.pk, lead=people[0], key="form", at=NOON)
    Offer.objects.update(most_uses=3)
    held = segments.create(
        name="Held", kind="static", lead_ids=[one.pk for one in people], by=None, at=NOON
    )
    by_segment = {"trigger": {"kind": "segment", "ref": held.pk}}
    sequence = a_sequence(telling(spring), publish=False, **by_segment)
    row = a_broadcast(*people, body=WORDS, offer=spring.pk)

    check = " ".join(client.get(f"/sequences/{sequence.pk}/check/").content.decode().split())
    review = " ".join(client.get(f"/broadcasts/{row.pk}/review/").content.decode().split())

    for page in (check, review):
        assert "Offer “Spring”: 2 codes left." in page
        assert "Up to 4 people would get one now." in page
        assert "2 of them get none, and not this mail." in page
    assert "No code of “Spring” is left for 2 of them: those get no mail." in review


def test_enough_codes_are_told_without_a_warning_and_no_limit_is_not_told(client, max, spring):
    client.force_login(max)
    row = a_broadcast(a_reader(), body=WORDS, offer=spring.pk)
    assert "Offer “Spring”" not in client.get(f"/broadcasts/{row.pk}/review/").content.decode()

    Offer.objects.update(most_uses=10)
    page = client.get(f"/broadcasts/{row.pk}/review/").content.decode()

    assert "10 codes left" in page
    assert "of them get none" not in page


def test_who_used_it_on_a_deal_is_left_out(spring, bob):
    ann, bea = a_reader(owner=bob), a_reader(owner=bob)
    for lead in (ann, bea):
        offers.give(offer_id=spring.pk, lead=lead, key="form", at=NOON)
    deal = made.deal(bob, lead=ann, at=NOON)
    used = negotiating.use_offer(deal, offer=spring, by=bob, at=NOON)
    row = a_broadcast(ann, bea, body=WORDS, offer=spring.pk)

    counted = audience.review(row, at=NOON)

    assert used.state == "given"
    assert (counted.going, dict(counted.left_out)) == (1, {Reason.OFFER_OVER: 1})
    cast(row)
    assert Delivery.objects.get().lead_id == bea.pk


def test_a_review_tells_whose_mail_comes_after_the_end(spring):
    Offer.objects.update(ends_at=NOON - DAY)

    counted = audience.review(a_broadcast(a_reader(), body=WORDS, offer=spring.pk), at=NOON)

    assert dict(counted.left_out) == {Reason.OFFER_OVER: 1}


def test_an_offer_that_was_deleted_since_leaves_no_gap_in_a_mail(spring):
    row = confirmed(a_broadcast(a_reader(), body=WORDS, offer=spring.pk))
    spring.delete()
    row.refresh_from_db()

    run_broadcast(row)

    assert Recipient.objects.get().reason == Reason.OFFER_OVER


def test_looking_at_the_mail_gives_nothing_and_shows_the_form_of_the_code(spring):
    step, ann = telling(spring), a_reader()

    assert "SPRING-EXAMPLE" in messages.words_for(step, ann).text
    assert not OfferGrant.objects.exists()
    offers.give(offer_id=spring.pk, lead=ann, key="form", at=NOON)
    assert OfferGrant.objects.get().own_code in messages.words_for(step, ann).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"offer": None}, "The mail names an offer. Choose which one."),
        ({"manual": True}, "A letter that the owner sends in person carries no offer."),
        ({"offer": 0x7FFFFFFF}, "The offer is over or gone."),
    ],
)
def test_what_is_wrong_with_the_offer_is_said_before_publishing(spring, changes, said):
    step = telling(spring) | changes

    assert said in " ".join(documents.email_problems(step))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"most_uses": 1, "given": 1}, "All 1 codes of “Spring” are given."),
        ({"code": "", "has_own_codes": False}, "The offer has no code, and the mail tells one."),
        ({"most_uses": 1}, ""),
    ],
)
def test_an_offer_that_has_no_code_to_give_keeps_it_from_being_published(spring, changes, said):
    Offer.objects.update(**changes)

    found = " ".join(
        documents.email_problems(documents.compiled({"steps": [telling(spring)]})["steps"][0])
    )

    assert said in found
    assert ("offer" in found or "codes" in found) == bool(said)


def test_a_mail_with_its_offer_is_fine_and_letters_of_reps_know_no_offer(spring):
    assert not [one for one in documents.email_problems(telling(spring)) if "offer" in one]
    assert not [path for path in catalogue() if path.startswith("offer.")]


def test_many_readers_cost_as_many_statements_as_few(spring):
    counts = []
    for n in (1, 30):
        row = confirmed(a_broadcast(*(a_reader() for _ in range(n)), body=WORDS, offer=spring.pk))
        with CaptureQueriesContext(connection) as context:
            run_broadcast(row)
        counts.append(len(context))

    assert OfferGrant.objects.count() == 31
    assert counts[1] <= counts[0] + 2
