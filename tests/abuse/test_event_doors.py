"""Around events: more people than places, names that lead away, mailboxes to fill, links to guess."""

import threading

import pytest
from django.db import connections

from capture.forms import intake
from capture.models import Registration, Submission
from capture.services import invitations
from leadflow.mail.models import Delivery
from tests.factories.occasions import an_occasion, form_for, guest_body

pytestmark = pytest.mark.django_db(transaction=True)
State = Registration.State


def register(client, form, number=1, **answers):
    """A guest sends the form without a script."""
    return client.post(form.public_path, guest_body(form, number, **answers))


def place_of(number=1):
    """The registration of a guest."""
    return Registration.objects.get(lead__email=f"guest{number}@visitors.example")


@pytest.fixture
def link(client):
    """The path of the first guest's page."""
    register(client, form_for(an_occasion()), 1)
    return f"/e/{invitations.token_of(place_of(1))}/"


@pytest.mark.parametrize(("waits", "rest"), [(True, State.WAITING), (False, State.TURNED_AWAY)])
def test_abuse_A21_fifty_at_once_get_ten_places_and_every_answer_is_kept(waits, rest):
    occasion = an_occasion(capacity=10, has_waiting_list=waits)
    form = form_for(occasion)
    gate, places = threading.Barrier(50), []

    def run(number):
        try:
            gate.wait(timeout=30)
            envelope = intake.Envelope(
                channel=Submission.Channel.HOSTED, ip=None, headers={}, query={}
            )
            taken = intake.take(form=form, body=guest_body(form, number), envelope=envelope)
            places.append(taken.place)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Submission.objects.filter(form=form).count() == 50
    assert Registration.objects.filter(state=State.REGISTERED).count() == 10
    assert Registration.objects.filter(state=rest).count() == 40
    assert sorted(places) == sorted([State.REGISTERED] * 10 + [rest] * 40)


def test_abuse_C04_a_name_with_an_address_of_the_web_is_not_mailed_on(client):
    form = form_for(an_occasion())
    register(client, form, 1, first_name="Win at http://spam.example")

    assert "spam.example" not in Delivery.objects.get(key__endswith=":welcome").text


def test_abuse_A06_ten_mails_a_day_to_one_address_and_no_more(client):
    for number in range(12):
        form = form_for(an_occasion(title=f"Talk {number}"))
        register(client, form, 1, client_id=f"client-x{number:04d}")

    assert Registration.objects.count() == 12
    assert Delivery.objects.filter(key__endswith=":welcome").count() == invitations.MAILS_A_DAY


def test_abuse_B04_looking_at_the_link_changes_nothing_and_a_press_gives_the_place_back(
    client, link
):
    page = client.get(link)
    assert "You have a place" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    client.head(link)
    assert place_of(1).state == State.REGISTERED

    answer = client.post(link, follow=True)
    assert "You have no place" in answer.text
    assert place_of(1).state == State.CANCELLED
    assert client.post(link).status_code == 302  # once more does no harm


def test_abuse_B06_a_token_of_another_door_or_a_changed_one_opens_nothing(client, link):
    row = place_of(1)
    other = invitations.tokens.sign("wrong", invitations.PURPOSE, row.public_id)
    for token in (other, row.public_id, f"{row.public_id}.x", link[3:-2] + "0"):
        assert client.get(f"/e/{token}/").status_code == 404
        assert client.post(f"/e/{token}/").status_code == 404
        assert client.get(f"/e/{token}/event.ics").status_code == 404
    assert place_of(1).state == State.REGISTERED
