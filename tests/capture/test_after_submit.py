"""After submit: one page for the words, what she gets, and who takes over; each acted on by its owner."""

import pytest
from django.urls import reverse

from capture.blocks.starts import block
from capture.models import Magnet, Promise
from distribution.models import Assignment, Pool, PoolMember
from leadflow.events.models import EventFailure
from leadflow.mail import confirming
from leadflow.mail.models import Confirmation, Delivery
from leadflow.models import Consent, Lead
from leadflow.services import leads
from nurturing.models import Enrolment
from tests.factories.capture import contact_body
from tests.factories.files import a_file
from tests.factories.nurturing import a_sequence

pytestmark = pytest.mark.django_db


def body_of(**more):
    return {
        "name": "Contact",
        "thanks_title": "Thank you",
        "thanks_text": "We write back.",
        "stage": "lead",
        "magnet-days": "14",
        "magnet-is_on_page": "on",
        "magnet-subject": "",
        "magnet-text": "",
    } | more


def test_the_preview_says_who_is_told_and_what_happens_to_the_lead(client, max, bob, published):
    form, sequence = published(), a_sequence()
    pool = Pool.objects.create(name="South")
    client.force_login(max)
    kept = {"routing-pool": pool.pk, "routing-sequence": sequence.pk, "notify": [bob.pk]}
    client.post(f"/forms/{form.pk}/after/", body_of(tag_names="guide, fair", **kept))

    page = client.get(f"/forms/{form.pk}/after/").content.decode().partition("And on your side")[2]

    assert "<dd>Bob Berg</dd>" in page
    assert "<dd>fair, guide</dd>" in page
    for door, row in (("distribution:pool-options", pool), ("nurturing:options", sequence)):
        asked = f"{reverse(door)}?chosen={row.pk}"
        assert f"{asked}&amp;part=name" in page
        said = client.get(f"{asked}&part=name", headers={"HX-Request": "true"})
        assert said.content.decode().strip() == row.name


def send(client, form, **answers):
    client.post(form.public_path, contact_body(form, **answers), follow=True)


def test_everything_is_kept_from_one_page(client, max, bob, published):
    form, guide = published(), a_file()
    pool = Pool.objects.create(name="South")
    client.force_login(max)

    answer = client.post(
        f"/forms/{form.pk}/after/",
        body_of(
            **{
                "magnet-files": [guide.pk],
                "magnet-sends_mail": "on",
                "magnet-subject": "For {{ lead.first_name }}",
                "routing-pool": pool.pk,
                "tag_names": "guide",
                "notify": [bob.pk],
            }
        ),
    )

    assert answer.status_code == 303
    form.refresh_from_db()
    assert form.references == {"pool": pool.pk}
    assert form.magnet.days == 14
    assert list(form.magnet.files.all()) == [guide]
    page = client.get(f"/forms/{form.pk}/after/preview/").text
    assert "We write back." in page
    assert "The guide" in page
    assert "For Ada" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"redirect_url": "javascript:alert(1)"}, "https://"),
        ({"redirect_url": "//evil.example"}, "https://"),
        ({"magnet-text": "{{ answer.unknown }}", "magnet-sends_mail": "on"}, "answer.unknown"),
        ({"magnet-days": "0"}, "1"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field_and_nothing_is_kept(
    client, max, published, wrong, words
):
    form = published()
    client.force_login(max)

    answer = client.post(f"/forms/{form.pk}/after/", body_of(thanks_title="New") | wrong)

    assert answer.status_code == 422
    assert words in answer.text
    form.refresh_from_db()
    assert form.thanks_title == "Thank you"
    assert not Magnet.objects.exists()


def test_a_person_or_a_pool_but_not_both(client, max, bob, published):
    form = published()
    client.force_login(max)

    told = body_of(**{"routing-owner": bob.pk, "routing-pool": "1"})

    assert client.post(f"/forms/{form.pk}/after/", told).status_code == 422


def test_a_form_without_promises_writes_nothing_and_sends_nothing(client, published, drain_events):
    form = published()
    send(client, form)
    drain_events()

    assert not Promise.objects.exists()
    assert not Delivery.objects.exists()


def test_the_lead_goes_to_the_person_whom_the_form_names(client, bob, published, drain_events):
    form = published(references={"owner": bob.pk})
    send(client, form)
    drain_events()

    assert Lead.objects.get().owner == bob
    assert Assignment.objects.get().reason == "form “Contact”"


def test_the_lead_goes_to_whose_turn_it_is_in_the_pool(client, bob, published, drain_events):
    pool = Pool.objects.create(name="South", always_open=True)
    PoolMember.objects.create(pool=pool, user=bob)
    form = published(references={"pool": pool.pk})
    send(client, form)
    drain_events()

    assert Lead.objects.get().owner == bob


def test_a_lead_that_has_an_owner_keeps_her(client, bob, alice, published, drain_events):
    form = published()
    send(client, form)
    leads.assign_many(owners={Lead.objects.get().pk: alice}, by=None)
    form.references = {"owner": bob.pk}
    form.save()
    send(client, form, client_id="client-0002")
    drain_events()

    assert Lead.objects.get().owner == alice


def test_a_pool_that_is_gone_is_a_listed_failure_and_costs_nothing_else(
    client, published, drain_events
):
    form = published(references={"pool": 4711})
    send(client, form)
    drain_events(allow_failures=True)

    assert Lead.objects.count() == 1
    failure = EventFailure.objects.get()
    assert "pool that the form names is gone" in failure.error


def test_the_lead_enters_the_sequence_that_the_form_names(client, published, drain_events):
    sequence = a_sequence()
    form = published(references={"sequence": sequence.pk})
    send(client, form)
    drain_events()

    assert Enrolment.objects.get().cause == f"form:{form.pk}"


def test_sequence_and_mail_wait_until_her_mailbox_confirmed(client, published, drain_events):
    sequence = a_sequence()
    form = published(
        block("email"),
        block("consent", text="Write to me.", confirm=True),
        references={"sequence": sequence.pk},
    )
    Magnet.objects.create(form=form, is_on_page=False).files.add(a_file())
    send(client, form)
    drain_events()
    asked = Delivery.objects.get()

    assert asked.key.startswith("doi:")
    assert not Enrolment.objects.exists()

    link = next(part for part in asked.text.split() if "/confirm/" in part)
    confirming.confirm(token=link.rstrip("/").rpartition("/")[2])
    drain_events()

    assert Consent.objects.filter(state=Consent.State.GIVEN).exists()
    assert Confirmation.objects.get().used_at
    assert Delivery.objects.filter(key__startswith="promise:").count() == 1
    assert Enrolment.objects.get().sequence == sequence
