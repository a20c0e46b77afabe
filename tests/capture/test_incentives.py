"""An offer as the incentive of a form: given to who sends it, shown, mailed, and never more than there are."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from capture.blocks.starts import block
from capture.services import submissions
from leadflow.errors import Invalid
from leadflow.events import relay
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Lead
from leadflow.offers.models import Offer, OfferGrant
from leadflow.services import merging, privacy
from tests.factories.capture import contact_blocks, contact_body, published_form

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def an_offer(**more):
    given = {"name": "Spring", "value": 10, "code": "SPRING10", "text": "Ten percent off"} | more
    return Offer.objects.create(**given)


def form_with(offer):
    return published_form(*contact_blocks(), block("offer", offer=str(offer.pk)))


def post(form, *, email="ada@north.example", number=1, **headers):
    body = contact_body(form, email=email, client_id=f"client-{number:04}")
    return Client().post(form.public_path, json.dumps(body), content_type="application/json")


def test_who_sends_the_form_reads_the_code_and_gets_it_by_mail():
    offer = an_offer(ends_at=clock.now() + DAY)

    told = post(form_with(offer)).json()
    relay.run()

    assert told["thanks"]["offer"] == {"words": "Your code:", "code": "SPRING10"}
    mail = Delivery.objects.get(subject="Your code: Spring")
    assert "SPRING10" in mail.text
    assert "It holds until" in mail.text
    assert OfferGrant.objects.get().lead == Lead.objects.get()
    offer.refresh_from_db()
    assert offer.given == 1


def test_a_browser_without_script_reads_it_too():
    form = form_with(an_offer())

    answer = Client().post(form.public_path, contact_body(form), follow=True)

    assert "SPRING10" in answer.content.decode()


def test_a_made_up_mark_shows_no_code():
    form = form_with(an_offer())

    page = Client().get(f"{form.public_path}thanks/?offer=1-abcdef").content.decode()

    assert "SPRING10" not in page


def test_each_person_has_a_code_of_her_own_that_keeps_its_beginning():
    form = form_with(an_offer(has_own_codes=True))

    first, second = post(form).json(), post(form, email="eve@x.example", number=2).json()

    codes = {one["thanks"]["offer"]["code"] for one in (first, second)}
    assert len(codes) == 2
    assert all(code.startswith("SPRING10-") for code in codes)


def test_the_same_person_gets_it_once():
    offer = an_offer(most_uses=5)
    form = form_with(offer)

    post(form)
    post(form, number=2)
    relay.run()

    offer.refresh_from_db()
    assert (offer.given, OfferGrant.objects.count()) == (1, 1)
    assert Event.objects.filter(kind="offer.given").count() == 1
    assert Delivery.objects.filter(subject__startswith="Your code").count() == 1


def test_who_types_in_the_address_of_another_reads_nothing_of_hers():
    form = form_with(an_offer(has_own_codes=True))
    own = post(form).json()["thanks"]["offer"]["code"]

    told = post(form, number=2).json()["thanks"]["offer"]

    assert told["code"] == ""
    assert own not in json.dumps(told)


@pytest.mark.parametrize(
    "window",
    [
        {"ends_at": -DAY, "starts_at": -2 * DAY},
        {"starts_at": DAY},
    ],
)
def test_outside_its_window_nothing_is_given_and_the_answer_is_kept(window):
    offer = an_offer()
    form = form_with(offer)
    moments = {key: clock.now() + span for key, span in window.items()}
    Offer.objects.filter(pk=offer.pk).update(**moments)

    told = post(form).json()
    relay.run()

    assert told["thanks"]["offer"]["code"] == ""
    assert "ended" in told["thanks"]["offer"]["words"]
    assert Lead.objects.exists()
    assert not OfferGrant.objects.exists()


def test_above_its_limit_nothing_is_given():
    form = form_with(an_offer(most_uses=1))
    post(form)

    told = post(form, email="eve@x.example", number=2).json()

    assert told["thanks"]["offer"]["code"] == ""
    assert "the last of these was just given" in told["thanks"]["offer"]["words"]
    assert OfferGrant.objects.count() == 1


def test_what_looks_like_spam_gets_nothing_until_it_is_taken_back(alice):
    form = form_with(an_offer())
    body = contact_body(form) | {
        "lf_website": "http://spam.example",
        "website_url": "http://s.example",
    }

    Client().post(form.public_path, json.dumps(body), content_type="application/json")
    relay.run()
    assert not OfferGrant.objects.exists()

    submissions.reprocess(submission=form.submissions.get(), by=alice)
    relay.run()
    assert OfferGrant.objects.count() == 1


def test_the_form_shows_what_is_offered_and_how_many_are_left():
    form = form_with(an_offer(most_uses=7))

    page = Client().get(form.public_path).content.decode()

    assert "Ten percent off" in page
    assert "7 left" in page
    assert "SPRING10" not in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"is_archived": True}, "is over"),
        ({"most_uses": 1, "given": 1}, "is over"),
        ({"code": ""}, "has no code to give"),
    ],
)
def test_a_form_cannot_promise_what_is_not_to_be_had(values, words):
    with pytest.raises(Invalid) as refused:
        form_with(an_offer(**values))

    assert words in str(refused.value.fields)


def test_of_two_rows_of_one_person_one_keeps_the_offer(alice):
    form = form_with(an_offer())
    post(form)
    post(form, email="eve@x.example", number=2)
    stays, goes = Lead.objects.order_by("pk")

    merging.merge(survivor=stays, loser=goes, by=alice)
    relay.run()

    assert list(OfferGrant.objects.order_by("pk").values_list("lead", flat=True)) == [
        stays.pk,
        None,
    ]


def test_erasing_a_person_leaves_the_count(alice):
    offer = an_offer(most_uses=1)
    post(form_with(offer))
    lead = Lead.objects.get()

    privacy.erase(lead=lead, by=alice)

    offer.refresh_from_db()
    assert OfferGrant.objects.get().lead is None
    assert offer.left == 0


def test_her_page_and_her_story_tell_of_it(client, alice):
    post(form_with(an_offer()))
    relay.run()
    lead = Lead.objects.get()
    client.force_login(alice)

    assert "SPRING10" in client.get(lead.get_absolute_url()).content.decode()
    story = client.get(f"/leads/{lead.pk}/timeline/").content.decode()
    assert "was given the offer" in story
