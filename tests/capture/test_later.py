"""Save and continue later: by wish alone, behind a link that ends, reminded of once, gone when sent."""

import json
from datetime import timedelta

import pytest

from capture.blocks.starts import block
from capture.models import FormView, Submission, Unfinished
from capture.services import later
from leadflow.kit.clock import now
from leadflow.mail.models import Delivery
from tests.factories.capture import contact_body, published_pages, token_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(db):
    """Two pages, which may be saved; it offers a reminder."""
    return published_pages(
        [block("short_text", label="Name", name="who", is_required=True), block("email")],
        [block("long_text", label="Why?", name="why", is_required=True)],
        can_save=True,
        reminds=True,
    )


def save(client, form, **body):
    told = {"who": "Ada", "email": "Ada@north.example", "lf_at": "p2", "lf_go": "save"}
    return client.post(form.public_path, told | {"token": token_of(form)} | body)


def path_of(row):
    return later.link(row).partition("//")[2].partition("/")[2].join(["/", ""])


def test_nothing_is_kept_before_she_asks_for_it(client, form):
    body = {"who": "Ada", "email": "", "token": token_of(form), "lf_at": "p1", "lf_go": "next"}
    client.post(form.public_path, body)

    assert not Unfinished.objects.exists()


def test_the_numbers_tell_how_many_paused_where_and_nothing_that_they_typed(client, form, max):
    save(client, form)
    save(client, form, who="Bea", email="bea@north.example", lf_at="p1")
    Unfinished.objects.filter(email="").update(page="gone")
    FormView.objects.create(form=form, key="k" * 20, seen_at=now())
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/numbers/")

    assert page.context["kept"].total == 2
    text = page.text.partition("Saved to go on later")[2].partition("</section>")[0]
    assert "Ada" not in text
    assert "north.example" not in text
    Unfinished.objects.update(expires_at=now())
    assert "Saved to go on later" not in client.get(f"/forms/{form.pk}/numbers/").text


def test_she_gets_a_link_and_goes_on_where_she_left(client, form):
    page = save(client, form)
    row = Unfinished.objects.get()

    assert later.link(row) in page.text
    assert row.answers == {"who": "Ada", "email": "Ada@north.example"}
    again = client.get(path_of(row))
    assert 'value="Ada"' in again.text
    assert 'name="lf_at" value="p2"' in again.text
    assert "Fill this in" not in again.text
    assert not again.cookies


def test_saving_again_keeps_one_row_and_one_link(client, form):
    save(client, form)
    first = later.link(Unfinished.objects.get())

    save(client, form, who="Bea", lf_later=later.token_of(Unfinished.objects.get()))

    assert Unfinished.objects.get().answers["who"] == "Bea"
    assert later.link(Unfinished.objects.get()) == first


def send(client, form, **more):
    body = {"who": "Ada", "email": "ada@north.example", "why": "So", "token": token_of(form)}
    told = json.dumps(body | more)
    return client.post(form.public_path, told, content_type="application/json")


def test_sending_ends_the_link_and_the_reminder(client, form, drain_events):
    save(client, form, lf_remind="yes")
    row = Unfinished.objects.get()

    assert send(client, form, lf_later=later.token_of(row)).status_code == 200
    assert client.get(path_of(row)).status_code == 404
    assert later.note_left(at=now() + timedelta(days=2)) == 0
    assert "lf_later" not in Submission.objects.get().raw


def test_who_agreed_and_does_not_go_on_is_reminded_once(client, form, drain_events):
    save(client, form, lf_remind="yes")
    assert later.note_left() == 0

    assert later.note_left(at=now() + timedelta(hours=25)) == 1
    assert later.note_left(at=now() + timedelta(hours=49)) == 0
    drain_events()

    mail = Delivery.objects.get()
    assert (mail.to_norm, mail.key) == (
        "ada@north.example",
        f"unfinished:{Unfinished.objects.get().pk}",
    )
    assert later.link(Unfinished.objects.get()) in mail.text


def test_a_reminder_that_waits_is_called_off_when_the_form_is_sent(client, form, drain_events):
    save(client, form, lf_remind="yes")
    later.note_left(at=now() + timedelta(hours=25))
    drain_events()

    send(client, form)  # from another browser, without the link

    assert Delivery.objects.get(key__startswith="unfinished:").state == Delivery.State.SKIPPED


@pytest.mark.parametrize("body", [{}, {"lf_remind": "yes", "email": "nobody"}])
def test_who_did_not_agree_or_gave_no_address_is_never_written_to(client, form, body):
    save(client, form, **body)

    assert later.note_left(at=now() + timedelta(days=2)) == 0


def test_a_form_that_does_not_offer_it_keeps_nothing(client, published):
    form = published()

    client.post(form.public_path, contact_body(form, lf_go="save"))

    assert not Unfinished.objects.exists()


@pytest.mark.parametrize("how", ["guessed", "other form", "over", "changed"])
def test_abuse_B02_a_link_that_is_not_hers_shows_nothing(client, form, how):
    save(client, form, who="Secret Ada")
    row = Unfinished.objects.get()
    path = path_of(row)
    if how == "guessed":
        path = f"{form.public_path}later/{row.public_id}/"
    elif how == "other form":
        other = published_pages([block("email")], can_save=True)
        path = path.replace(form.public_id, other.public_id)
    elif how == "over":
        Unfinished.objects.update(expires_at=now())
    else:
        path = path[:-3] + ("aa/" if path[-3:] != "aa/" else "bb/")

    found = client.get(path)

    assert found.status_code == 404
    assert "Secret Ada" not in found.text


def test_what_has_run_out_is_deleted(client, form):
    save(client, form)
    Unfinished.objects.update(expires_at=now() - timedelta(seconds=1))

    assert later.forget() == 1
