"""How a person likes to be reached stands first where she is worked, and what speaks against it is said."""

from datetime import UTC, datetime, timedelta

import pytest

from capture.blocks.kinds import STARTERS
from capture.blocks.starts import block
from capture.services import submissions
from leadflow.calling import services as calling
from leadflow.desk import queue, reaching
from leadflow.kit import clock
from leadflow.models import Activity, Consent, Lead
from leadflow.people.models import Role
from leadflow.services import activities, consent
from tests.capture.services.test_submissions_accept import arrival
from tests.factories.capture import published_form
from tests.factories.core import a_lead, a_user

pytestmark = pytest.mark.django_db
MONDAY_TEN = datetime(2026, 5, 4, 10, tzinfo=UTC)
PHONE = "+4930901820"


def a_person(bob=None, **more):
    given = {"phone": PHONE, "time_zone": "UTC", "first_name": "Ann"} | more
    return a_lead("ann@customer.example", owner=bob, **given)


def told(lead, at=MONDAY_TEN, **more):
    return reaching.reach(lead, at, sees=True, **more)


@pytest.mark.parametrize(
    ("channel", "url"),
    [
        ("phone", f"tel:{PHONE}"),
        ("sms", f"sms:{PHONE}"),
        ("whatsapp", "https://wa.me/4930901820"),
        ("email", "mailto:ann@customer.example"),
    ],
)
def test_the_way_that_she_prefers_stands_first(channel, url):
    found = told(a_person(preferred_channel=channel))

    assert found.ways[0].url == url
    assert found.ways[0].is_preferred
    assert found.says.startswith("Prefers")


def test_who_likes_to_meet_is_mailed_the_link_of_her_own():
    lead = a_person(preferred_channel="meeting")

    found = told(lead, booking_url="https://example.com/b/x?for=1&k=2")

    assert found.ways[0].url.endswith("body=https%3A//example.com/b/x%3Ffor%3D1%26k%3D2")


def test_a_profile_opens_where_she_is_met_there():
    lead = a_person(
        preferred_channel="social", social={"x": "javascript:1", "l": "https://l.example/ann"}
    )

    assert told(lead).ways[0].url == "https://l.example/ann"


def test_a_call_outside_her_time_is_warned_of_on_her_own_clock():
    lead = a_person(preferred_channel="phone", preferred_time="mornings", time_zone="Asia/Tokyo")

    found = told(lead)

    assert found.ways[0].warning == "It is 19:00 where they are; they asked for mornings."
    assert told(lead, MONDAY_TEN + timedelta(hours=14)).warnings == ()


def test_a_mail_is_right_at_any_time():
    found = told(a_person(preferred_channel="email", preferred_time="evenings"))

    assert found.ways[0].warning == ""
    assert found.ways[1].warning != ""


def test_words_that_nobody_can_read_warn_nobody():
    found = told(a_person(preferred_time="when the kids sleep"))

    assert found.warnings == ()
    assert found.says == "Best time: when the kids sleep"


def test_in_the_night_of_her_country_a_call_is_warned_of():
    found = told(a_person(time_zone="", country="JP"), MONDAY_TEN + timedelta(hours=4))

    assert found.warnings == ("It is 23:00 where they are.",)


def test_a_country_of_many_zones_warns_only_where_it_is_so_everywhere():
    lead = a_person(time_zone="", country="US", preferred_time="mornings")

    assert told(lead, MONDAY_TEN + timedelta(hours=5)).warnings == ()
    assert told(lead, MONDAY_TEN + timedelta(hours=15)).warnings != ()


def test_a_channel_that_she_refused_is_warned_of_until_she_allows_it_again():
    lead = a_person(preferred_channel="phone")
    consent.withdraw(lead=lead, channel="phone", method="hand", by=None)
    assert reaching.refused_by([lead.pk]) == {lead.pk: {"phone"}}
    assert told(lead, refused={"phone"}).ways[0].warning == "They asked not to be called."

    consent.give(lead=lead, channel="phone", text="Do call", method="hand", by=None)
    assert Consent.objects.count() == 2
    assert reaching.refused_by([lead.pk]) == {}


def test_the_page_of_a_lead_shows_her_way_as_the_first_button(client, bob):
    lead = a_person(bob, preferred_channel="whatsapp", preferred_time="any time")
    client.force_login(bob)

    page = client.get(lead.get_absolute_url()).content.decode()

    first = page.index('class="lf-rec-acts"')
    assert page.index("https://wa.me/4930901820") < page.index("Log a call", first)
    assert 'rel="noopener noreferrer"' in page


def test_who_may_not_see_her_number_sees_no_way(client, bob):
    lead = a_person(bob, preferred_channel="phone")
    client.force_login(a_user(role=Role.VIEWER))

    page = client.get(lead.get_absolute_url()).content.decode()

    assert PHONE not in page
    assert "tel:" not in page


def test_my_day_says_how_she_is_reached_and_warns(client, bob):
    lead = a_person(bob, preferred_channel="phone", preferred_time="3:00-3:01")
    step = activities.plan(
        kind=Activity.Kind.CALL, subject="Ring", lead=lead, owner=bob, by=bob,
        due_at=clock.now() - timedelta(hours=1),
    )  # fmt: skip
    client.force_login(bob)

    row = queue.build(bob).rows[0]
    page = client.get("/my-day/").content.decode()
    opened = client.get(f"/my-day/activity:{step.pk}/", HTTP_HX_REQUEST="true").content.decode()

    assert row.reach.ways[0].url == f"tel:{PHONE}"
    assert "Prefers phone, 3:00-3:01" in page
    assert "they asked for 3:00-3:01" in opened
    assert opened.index(f"tel:{PHONE}") < opened.index("/mail/?row=")


def test_a_caller_sees_the_way_that_she_prefers_before_the_number(client, bob):
    lead = a_person(preferred_channel="email")
    made = calling.create(
        values={
            "name": "Roofs", "script": "", "tries": 3, "days": 14, "pause": 20, "ending": "leave",
            "from_hour": 0, "to_hour": 24, "weekends": True,
        },
        callers=[bob], lead_ids=[lead.pk], by=bob,
    )  # fmt: skip
    calling.claim(made, by=bob)
    client.force_login(bob)

    page = client.get(f"/call-lists/{made.pk}/work/").content.decode()

    assert "Prefers email" in page
    assert page.index("/mail/") < page.index("tel:")


def test_the_list_shows_and_asks_for_the_way(client, bob):
    a_person(bob, preferred_channel="whatsapp", preferred_time="mornings")
    a_lead(owner=bob, first_name="Zoe", last_name="Other")
    client.force_login(bob)

    page = client.get("/leads/?cols=name,prefers&prefers=whatsapp").content.decode()

    assert "WhatsApp, mornings" in page
    assert "Zoe Other" not in page


def test_a_form_asks_how_and_when_and_the_lead_keeps_it():
    asked = [one.as_json() for one in STARTERS if one.key.startswith("preferred_")]
    form = published_form(block("email"), *[block(one["type"], **one["props"]) for one in asked])

    submissions.accept(
        version=form.live,
        answers={
            "email": "eve@customer.example",
            "preferred_channel": "whatsapp",
            "preferred_time": "mornings",
        },
        raw={},
        arrival=arrival(),
    )

    lead = Lead.objects.get(email="eve@customer.example")
    assert (lead.preferred_channel, lead.preferred_time) == ("whatsapp", "mornings")
