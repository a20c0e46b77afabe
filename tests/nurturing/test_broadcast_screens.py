from datetime import time, timedelta

import pytest

from leadflow.kit import clock
from leadflow.mail.models import Delivery, InboundMail
from leadflow.mail.sender import Sender
from leadflow.models import Campaign, Engagement, Organisation
from leadflow.offers.models import Offer
from leadflow.segments import services as segments
from leadflow.services import consent, engagement, leads
from nurturing.models import Broadcast
from nurturing.selectors import broadcasts as selectors
from nurturing.services import broadcasts, sending
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_broadcast, a_reader, a_sequence, cast, lawful, mail_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client, max):
    client.force_login(max)
    return client


def fields(*chosen, **more):
    values = {"name": "News", "subject": "Hello", "body": "Good day.", "purpose": "marketing"}
    return values | {"timing": "now", "include": [one.pk for one in chosen]} | more


def a_list(*people):
    ids = [one.pk for one in people]
    return segments.create(name="Readers", kind="static", lead_ids=ids, by=None, at=NOON)


def sent_to(*people, **more):
    row = cast(a_broadcast(*people, **more), at=clock.now())
    Sender().run()
    sending.push_due()
    row.refresh_from_db()
    return row


def test_a_marketer_writes_reviews_and_confirms(marketer):
    lawful()
    ann, silent = a_reader(first_name="Ann"), a_lead(first_name="Silent")
    told = a_list(ann, silent)
    made = marketer.post("/broadcasts/new/", {"name": "News"})
    row = Broadcast.objects.get()
    assert made.headers["Location"] == f"/broadcasts/{row.pk}/edit/"

    saved = marketer.post(f"/broadcasts/{row.pk}/edit/", fields(told, then="review"))
    page = marketer.get(saved.headers["Location"])
    row.refresh_from_db()
    assert page.context["counted"].going == 1
    assert "No consent for email" in page.content.decode()
    done = marketer.post(
        f"/broadcasts/{row.pk}/confirm/", {"expected": 1, "revision": row.revision}
    )

    row.refresh_from_db()
    assert done.headers["Location"] == row.get_absolute_url()
    assert row.state == "scheduled"


@pytest.fixture
def to_the_world():
    """A draft to a reader in Berlin and two in Tokyo, whose organisation is in Berlin."""
    Organisation.current()  # there is one now
    Organisation.objects.update(time_zone="Europe/Berlin")
    people = [a_reader(time_zone=zone) for zone in ("Europe/Berlin", "Asia/Tokyo", "Asia/Tokyo")]
    day = clock.now().date() + timedelta(days=3)

    def made(timing):
        return a_broadcast(*people, timing=timing, send_on=day, send_time=time(9))

    return made


def test_the_review_tells_at_which_hour_of_their_own_clocks_people_get_it(marketer, to_the_world):
    row = to_the_world("at")

    page = marketer.get(f"/broadcasts/{row.pk}/review/")

    [(_day, hours)] = page.context["calendar"]
    assert hours in ([("09:00", 1), ("16:00", 2)], [("09:00", 1), ("17:00", 2)])
    assert page.context["counted"].at_night == 0


def test_the_review_warns_of_who_would_get_it_at_night(marketer, to_the_world):
    row = to_the_world("at")
    Broadcast.objects.filter(pk=row.pk).update(send_time=time(17))

    page = marketer.get(f"/broadcasts/{row.pk}/review/")

    assert page.context["counted"].at_night == 2
    assert "2 people get it at night" in page.content.decode()


def test_by_their_own_clocks_the_review_tells_when_mails_leave_by_ours(marketer, to_the_world):
    row = to_the_world("local")

    page = marketer.get(f"/broadcasts/{row.pk}/review/")

    [(_day, hours)] = page.context["calendar"]
    assert hours in ([("01:00", 2), ("09:00", 1)], [("02:00", 2), ("09:00", 1)])
    assert page.context["counted"].at_night == 0


def test_the_review_shows_ten_real_mails_and_what_is_known_of_the_sender(marketer):
    known, nameless = a_reader(first_name="Ann"), a_reader(first_name="", last_name="")
    row = a_broadcast(known, nameless, body="Dear {{ lead.first_name }}, hello.")

    review = marketer.get(f"/broadcasts/{row.pk}/review/").content.decode()
    page = marketer.get(f"/broadcasts/{row.pk}/review/mails/")

    assert f"/broadcasts/{row.pk}/review/mails/" in review
    assert "whose mailbox was not proved yet" in review
    shown = {one.lead: (one.why, one.missing) for one in page.context["cases"]}
    assert shown[nameless] == ("No first name", ("lead.first_name",))
    assert known in shown
    assert "Dear , hello." in page.content.decode()


def test_each_number_of_the_review_opens_its_people(marketer):
    ann, silent = a_reader(first_name="Ann"), a_lead(first_name="Silent")
    row = a_broadcast(ann, silent)
    base = f"/broadcasts/{row.pk}/review/people/"

    assert "Ann" in marketer.get(base).content.decode()
    left_out = marketer.get(base + "?reason=no_consent").content.decode()
    assert "Silent" in left_out
    assert "Ann" not in left_out
    assert marketer.get(base + "?reason=none-such").status_code == 404


def test_what_is_missing_is_named_and_nothing_can_be_confirmed(marketer):
    row = a_broadcast(a_reader(), subject="", body="[Look](nowhere)")

    page = marketer.get(f"/broadcasts/{row.pk}/review/").content.decode()

    assert "Write a subject." in page
    assert "“Look” leads nowhere" in page
    assert "lf-confirm" not in page
    refused = marketer.post(
        f"/broadcasts/{row.pk}/confirm/", {"expected": 1, "revision": row.revision}
    )
    assert refused.status_code == 422


def test_a_field_without_a_fallback_is_worth_a_look(marketer):
    row = a_broadcast(a_reader(), body="Hello {{ lead.first_name }}")

    page = marketer.get(f"/broadcasts/{row.pk}/review/").content.decode()

    assert "“first name” has no fallback" in page
    assert "lf-confirm" in page


def test_a_time_needs_its_day_and_hour(marketer):
    row = a_broadcast(a_reader())

    response = marketer.post(
        f"/broadcasts/{row.pk}/edit/", fields(row.include.get(), timing="local")
    )

    assert response.status_code == 422
    assert "Choose the day and the hour" in response.content.decode()


def test_saving_over_somebody_elses_edit_is_a_conflict(marketer):
    row = a_broadcast(a_reader())

    response = marketer.post(
        f"/broadcasts/{row.pk}/edit/", fields(row.include.get(), revision=row.revision - 1)
    )

    assert response.status_code == 409


def test_one_that_went_out_is_not_changed(marketer):
    row = sent_to(a_reader())

    response = marketer.post(f"/broadcasts/{row.pk}/edit/", fields(subject="Other"))

    assert response.status_code == 409
    assert "Duplicate it to write another" in response.content.decode()
    assert marketer.get(f"/broadcasts/{row.pk}/edit/").status_code == 303


def test_a_test_mail_goes_to_its_author(marketer, max):
    row = a_broadcast(a_reader(first_name="Ann"), body="Hello {{ lead.first_name }}")

    assert "Hello Ann" in marketer.get(f"/broadcasts/{row.pk}/mail/").content.decode()
    marketer.post(f"/broadcasts/{row.pk}/test/")

    mail = Delivery.objects.get()
    assert (mail.to_norm, mail.subject, mail.lead_id) == (max.email, "[Test] News", None)


@pytest.mark.parametrize("view", selectors.VIEWS)
def test_every_number_opens_its_rows(marketer, view):
    row = sent_to(a_reader())

    assert marketer.get(f"/broadcasts/{row.pk}/people/?view={view}").status_code == 200


def test_the_numbers_are_those_of_their_rows(marketer, drain_events):
    at = clock.now()
    reader, clicker, writer, leaver, buyer = (a_reader(at=at - timedelta(9)) for _ in range(5))
    silent = a_lead()
    row = sent_to(reader, clicker, writer, leaver, buyer, silent)
    mails = {one.lead_id: one for one in Delivery.objects.all()}
    engagement.append(
        [
            engagement.Fact(reader.pk, "mail.opened", "delivery", f"{mails[reader.pk].pk}"),
            engagement.Fact(clicker.pk, "mail.clicked", "delivery", f"{mails[clicker.pk].pk}:1"),
            engagement.Fact(
                leaver.pk, "mail.clicked", "delivery", f"{mails[leaver.pk].pk}:1:machine",
                actor_class=Engagement.Actor.MACHINE,
            ),
        ]
    )  # fmt: skip
    InboundMail.objects.create(
        message_id="a",
        kind="reply",
        lead=writer,
        delivery=mails[writer.pk],
        received_at=clock.now(),
    )
    consent.withdraw(lead=leaver)
    leads.advance(buyer, to="customer", by=None)

    found = selectors.outcomes(row.recipients.all())

    assert found == {
        "delivered": 5, "bounced": 0, "bounced_hard": 0, "bounced_soft": 0, "complained": 0,
        "opened": 1, "clicked": 1, "opened_by_machine": 0, "clicked_by_machine": 1, "replied": 1,
        "unsubscribed": 1, "qualified": 1, "won": 1,
    }  # fmt: skip
    for view, n in (found | selectors.progress(row.recipients.all())).items():
        assert selectors.shown(row.recipients.all(), view).count() == n
    assert marketer.get(row.get_absolute_url()).status_code == 200


def test_the_parts_of_an_audience_add_up(marketer):
    row = sent_to(a_reader(), a_lead())

    parts = selectors.progress(row.recipients.all())

    assert parts.pop("all") == sum(parts.values()) == 2


def test_it_is_paused_and_goes_on(marketer):
    row = cast(a_broadcast(a_reader()), at=clock.now())

    marketer.post(f"/broadcasts/{row.pk}/state/", {"to": "pause"})
    assert "Paused: nothing of it leaves." in marketer.get(row.get_absolute_url()).content.decode()
    marketer.post(f"/broadcasts/{row.pk}/state/", {"to": "resume"})

    row.refresh_from_db()
    assert row.is_going


def test_the_list_shows_states_and_the_put_away_apart(marketer):
    lawful()
    assert "Write the first broadcast" in marketer.get("/broadcasts/").content.decode()
    row = sent_to(a_reader(), name="Spring")

    line = marketer.get("/broadcasts/").context["lines"][0]
    assert (line.broadcast, line.sent) == (row, 1)
    marketer.post(f"/broadcasts/{row.pk}/archive/", {"to": "away"})

    assert not marketer.get("/broadcasts/").context["lines"]
    assert marketer.get("/broadcasts/?view=archived").context["lines"][0].broadcast == row


def test_the_list_asks_as_often_for_many_as_for_one(marketer, django_assert_max_num_queries):
    for _ in range(12):
        a_broadcast(a_reader())

    with django_assert_max_num_queries(25):
        marketer.get("/broadcasts/")


def test_a_copy_is_opened_to_be_written(marketer):
    row = sent_to(a_reader(), name="Spring")

    response = marketer.post(f"/broadcasts/{row.pk}/duplicate/")

    copy = Broadcast.objects.latest("pk")
    assert response.headers["Location"] == f"/broadcasts/{copy.pk}/edit/"
    assert copy.name == "Copy of Spring"


def test_a_viewer_reads_and_sees_only_the_people_of_her_team(client, vera, bob, carl):
    row = sent_to(a_reader(owner=carl, first_name="Hidden"), a_reader())
    client.force_login(vera)

    page = client.get(row.get_absolute_url())

    assert page.context["parts"]["all"] == 1
    assert "Hidden" not in client.get(f"/broadcasts/{row.pk}/people/").content.decode()
    assert client.post(f"/broadcasts/{row.pk}/state/", {"to": "pause"}).status_code == 403


def test_a_rep_reads_of_it_on_the_page_of_her_lead_only(client, bob, drain_events):
    hers = a_reader(owner=bob)
    sent_to(hers, name="Spring")
    drain_events()
    client.force_login(bob)

    assert client.get("/broadcasts/").status_code == 403
    card = client.get(f"/sequences/of-lead/{hers.pk}/").content.decode()
    assert "Spring" in card
    assert "/broadcasts/" not in card
    story = client.get(f"/leads/{hers.pk}/timeline/").content.decode()
    assert "sent the broadcast “News”" in story


def test_it_stands_in_the_calendar_and_on_the_page_of_its_campaign(marketer):
    campaign = Campaign.objects.create(name="Spring sale")
    row = sent_to(a_reader(), name="Spring", campaign=campaign)

    assert "Spring goes out" in marketer.get("/calendar/").content.decode()
    assert row.get_absolute_url() in marketer.get(f"/campaigns/{campaign.pk}/").content.decode()


def test_a_marketer_chooses_the_offer_in_a_step_and_in_a_broadcast(client, max):
    spring = Offer.objects.create(name="Spring", value=5, code="SPRING")
    client.force_login(max)
    sequence, row = a_sequence(mail_step(), publish=False), a_broadcast(a_reader())
    draft = sequence.rule_set.versions.get()
    step = draft.document["steps"][0]["id"]
    mail = {"subject": "Spring", "body": "Yours: {{ offer.code }}", "offer": spring.pk}

    pages = [f"/sequences/{sequence.pk}/?step={step}", f"/broadcasts/{row.pk}/edit/"]
    for page in (client.get(url).content.decode() for url in pages):
        assert f'<option value="{spring.pk}">Spring</option>' in page
        assert "{{ offer.code }}" in page
    client.post(f"/sequences/{sequence.pk}/steps/{step}/", mail | {"revision": draft.revision})
    about = {"name": "News", "purpose": "marketing", "timing": "now", "revision": row.revision}
    client.post(f"/broadcasts/{row.pk}/edit/", mail | about)

    assert sequence.rule_set.versions.get().document["steps"][0]["offer"] == spring.pk
    row.refresh_from_db()
    assert (row.offer, broadcasts.duplicate(row, by=max).offer) == (spring, spring)
