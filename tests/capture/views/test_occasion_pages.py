"""The screens of events, for those who plan them and those who look."""

from datetime import UTC, datetime, timedelta

import pytest

from capture.models import Form, Occasion, Registration
from leadflow.kit import clock
from leadflow.models import Campaign
from tests.factories.core import a_lead
from tests.factories.occasions import a_past_occasion, an_occasion

pytestmark = pytest.mark.django_db
State = Registration.State


def values(**told):
    return {
        "title": "Roofs that pay", "kind": "webinar", "starts": "2031-07-04T10:00",
        "ends": "2031-07-04T11:00", "time_zone": "Europe/Berlin",
        "join_url": "https://meet.example/x", "capacity": "20", "has_waiting_list": "on",
    } | told  # fmt: skip


def seat(occasion, lead=None, state=State.REGISTERED):
    now = clock.now()
    return Registration.objects.create(
        occasion=occasion, lead=lead or a_lead(), state=state, asked_at=now, changed_at=now
    )


def test_an_empty_list_says_what_events_do(client, max):
    client.force_login(max)
    page = client.get("/events/").text
    assert "Your webinars and events will be here" in page
    assert "/events/new/" in page


def test_a_marketer_plans_one_by_the_clock_on_its_wall(client, max):
    client.force_login(max)
    answer = client.post("/events/new/", values())

    occasion = Occasion.objects.get()
    assert answer["Location"] == f"/events/{occasion.pk}/"
    assert occasion.starts_at == datetime(2031, 7, 4, 8, tzinfo=UTC)
    assert occasion.created_by == max


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"ends": "2031-07-04T09:00"}, "It ends before it starts."),
        ({"starts": "2020-07-04T10:00"}, "That time is past."),
        ({"join_url": ""}, "Say where it is, or give a link to join."),
        ({"join_url": "javascript:alert(1)"}, "starts with https://"),
        ({"starts": "2031-03-30T02:30"}, "that time does not exist"),
        ({"title": ""}, "required"),
        ({"capacity": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_is_no_event_is_said_beside_its_field_and_nothing_is_lost(client, max, told, said):
    client.force_login(max)
    answer = client.post("/events/new/", values(**told))

    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="20"' in answer.text or "capacity" in told
    assert not Occasion.objects.exists()


def test_the_page_counts_and_lists(client, max):
    occasion = a_past_occasion(capacity=9)
    for state in (State.ATTENDED, State.ATTENDED, State.ATTENDED, State.MISSED):
        seat(occasion, state=state)
    seat(occasion, state=State.TURNED_AWAY)
    client.force_login(max)

    page = client.get(occasion.get_absolute_url()).text
    assert "75" in page
    assert "n = 4" in page
    assert "of 9 places" in page
    assert "1 found it full" in page
    assert len(client.get(f"{occasion.get_absolute_url()}?state=missed").context["page"].rows) == 1


def test_lists_have_a_budget_of_queries(client, max, django_assert_max_num_queries):
    for number in range(4):
        seat(
            an_occasion(title=f"Talk {number}", campaign=Campaign.objects.create(name=str(number)))
        )
    occasion = Occasion.objects.first()
    for _number in range(5):
        seat(occasion)
    client.force_login(max)
    client.get("/events/")

    with django_assert_max_num_queries(18):
        client.get("/events/")
    with django_assert_max_num_queries(22):
        client.get(occasion.get_absolute_url())


def test_what_is_over_stands_under_over(client, max):
    an_occasion(title="To come")
    a_past_occasion(title="Long gone")
    client.force_login(max)

    assert "Long gone" not in client.get("/events/").text
    past = client.get("/events/?past").text
    assert "Long gone" in past
    assert "To come</a>" not in past.replace("To come</a></nav>", "")[past.find("<table") :]


def test_a_rep_sees_the_event_and_not_the_people_and_the_link(client, bob):
    occasion = an_occasion()
    row = seat(occasion, a_lead(first_name="Ada", last_name="North"))
    client.force_login(bob)

    page = client.get(occasion.get_absolute_url()).text
    assert row.lead.name not in page
    assert "meet.example" not in page
    assert client.post(f"/events/{occasion.pk}/attendance/", {"mark": "close"}).status_code == 403


def test_a_manager_sees_her_own_people_only(client, mia, bob, carl):
    occasion = an_occasion()
    seat(occasion, a_lead(first_name="Hers", last_name="North", owner=bob))
    seat(occasion, a_lead(first_name="Other", last_name="South", owner=carl))
    client.force_login(mia)

    page = client.get(occasion.get_absolute_url()).text
    assert "Hers North" in page
    assert "Other South" not in page


def test_cancelling_names_how_many_are_told(client, max):
    occasion = an_occasion()
    seat(occasion)
    seat(occasion, state=State.WAITING)
    seat(occasion, state=State.CANCELLED)
    client.force_login(max)
    assert "2 people with a place" in client.get(occasion.get_absolute_url()).text

    client.post(f"/events/{occasion.pk}/cancel/", {"note": "Ill."})

    page = client.get(occasion.get_absolute_url()).text
    assert "2 people are told" in page
    assert "Ill." in page
    assert client.post(f"/events/{occasion.pk}/cancel/").status_code == 409
    assert client.post(f"/events/{occasion.pk}/edit/", values()).status_code == 409


def test_a_copy_is_to_come_and_empty(client, max):
    occasion = a_past_occasion(days_ago=40)
    seat(occasion)
    client.force_login(max)

    client.post(f"/events/{occasion.pk}/copy/")

    made = Occasion.objects.latest("pk")
    assert made.starts_at > clock.now()
    assert made.starts_at < clock.now() + timedelta(days=8)
    assert made.starts_here.time() == occasion.starts_here.time()
    assert not made.registrations.exists()


def test_a_form_is_made_for_it_with_one_press(client, max):
    occasion = an_occasion()
    client.force_login(max)
    assert "Make a form for it" in client.get(occasion.get_absolute_url()).text

    client.post(
        "/forms/new/", {"start": "webinar", "name": occasion.title, "occasion": occasion.pk}
    )
    form = Form.objects.get()
    client.post(f"/forms/{form.pk}/publish/")

    form.refresh_from_db()
    assert form.occasion == occasion
    assert form.is_open


def test_people_are_marked_and_taken_off(client, max):
    past, coming = a_past_occasion(), an_occasion(title="Next")
    came, left = seat(past), seat(coming)
    client.force_login(max)

    client.post(f"/events/{past.pk}/attendance/", {"mark": "attended", "ids": [came.pk]})
    client.post(f"/events/{coming.pk}/places/", {"ids": [left.pk]})

    came.refresh_from_db()
    left.refresh_from_db()
    assert (came.state, left.state) == (State.ATTENDED, State.CANCELLED)
    assert client.post(f"/events/{past.pk}/attendance/", {"mark": "attended"}).status_code == 422


def test_the_calendar_and_the_campaign_name_it(client, max):
    campaign = Campaign.objects.create(name="Spring")
    occasion = an_occasion(
        campaign=campaign, starts_at=datetime(2031, 7, 4, 8, tzinfo=UTC),
        ends_at=datetime(2031, 7, 4, 9, tzinfo=UTC),
    )  # fmt: skip
    client.force_login(max)

    for address in ("/calendar/?month=2031-07", f"/campaigns/{campaign.pk}/"):
        page = client.get(address).text
        assert "Roofs that pay" in page
        assert occasion.get_absolute_url() in page
