"""Events: places under pressure, the waiting list, the mails, and what a form shows of its event."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from capture.blocks.starts import block
from capture.models import Occasion, Registration, Submission
from capture.services import forms, invitations, occasions, quarantine, registrations
from leadflow.errors import Conflict, Invalid
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Engagement, Lead
from leadflow.services import merging
from tests.factories.capture import content_of
from tests.factories.occasions import an_occasion, form_for, guest_body, move_back

State = Registration.State


def register(client, form, number=1, **answers):
    """A guest sends the form without a script."""
    return client.post(form.public_path, guest_body(form, number, **answers))


def at(text):
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def place_of(number=1):
    """The registration of a guest."""
    return Registration.objects.select_related("occasion", "lead").get(
        lead__email=f"guest{number}@visitors.example"
    )


def mails(number=1):
    """The last words of the keys of what was queued for a guest, in order."""
    rows = Delivery.objects.filter(to_norm=f"guest{number}@visitors.example").order_by("pk")
    return [(row.key.rpartition(":")[2], row.state) for row in rows]


# --- places ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestPlaces:
    """Who has one, who waits, who is next."""

    def test_a_place_given_back_goes_to_who_waits_longest(self, client):
        form = form_for(an_occasion(capacity=1))
        for number in (1, 2, 3):
            register(client, form, number)
        assert [place_of(n).state for n in (1, 2, 3)] == ["registered", "waiting", "waiting"]

        assert registrations.give_back(place_of(1))

        assert [place_of(n).state for n in (1, 2, 3)] == ["cancelled", "registered", "waiting"]
        assert mails(2)[0] == ("waiting", "queued")
        assert ("moved_up", "queued") in mails(2)
        assert ("day", "planned") in mails(2)
        assert ("day", "skipped") in mails(1)

    def test_added_places_go_to_those_who_wait(self, client, max):
        occasion = an_occasion(capacity=1)
        form = form_for(occasion)
        for number in (1, 2, 3):
            register(client, form, number)

        occasions.change(occasion=occasion, values={"capacity": 2}, by=max)

        assert [place_of(n).state for n in (1, 2, 3)] == ["registered", "registered", "waiting"]

    def test_nobody_loses_her_place_to_a_smaller_hall(self, client, max):
        occasion = an_occasion(capacity=3)
        form = form_for(occasion)
        for number in (1, 2, 3):
            register(client, form, number)

        occasions.change(occasion=occasion, values={"capacity": 1}, by=max)
        register(client, form, 4)

        assert [place_of(n).state for n in (1, 2, 3, 4)] == ["registered"] * 3 + ["waiting"]

    def test_the_same_person_twice_has_one_place(self, client):
        form = form_for(an_occasion(capacity=5))
        register(client, form, 1)
        register(client, form, 1, client_id="client-again")

        assert Registration.objects.count() == 1
        assert [word for word, _state in mails(1)].count("welcome") == 1

    def test_who_gave_her_place_back_may_come_again(self, client):
        form = form_for(an_occasion(capacity=5))
        register(client, form, 1)
        registrations.give_back(place_of(1))

        register(client, form, 1, client_id="client-again")

        assert place_of(1).state == State.REGISTERED
        assert [word for word, _state in mails(1)].count("welcome") == 2

    def test_an_answer_that_becomes_a_lead_later_is_registered_then(
        self, client, max, drain_events
    ):
        form = form_for(an_occasion())
        register(client, form, 1, website_url="http://spam.example")
        drain_events()
        assert not Registration.objects.exists()

        held = Submission.objects.all()
        quarantine.restore_many(held, ids=[held.get().pk], by=max)
        drain_events()

        assert place_of(1).state == State.REGISTERED
        assert mails(1)[0] == ("welcome", "queued")

    def test_spam_takes_no_place(self, client, drain_events):
        form = form_for(an_occasion(capacity=1))
        register(client, form, 1, website_url="http://spam.example")
        drain_events()

        assert Submission.objects.get().state == Submission.State.QUARANTINED
        assert not Registration.objects.exists()

    def test_a_merged_person_keeps_one_place_and_frees_the_other(self, client, max, drain_events):

        form = form_for(an_occasion(capacity=2))
        for number in (1, 2, 3):
            register(client, form, number)

        merging.merge(survivor=place_of(1).lead, loser=place_of(2).lead, by=max)
        drain_events()

        assert place_of(1).state == State.REGISTERED
        assert place_of(3).state == State.REGISTERED
        assert Registration.objects.count() == 2


# --- what a form shows and takes ------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestForm:
    """The form of an event, for visitors without script."""

    def test_shows_the_event_in_its_own_zone_and_the_places_when_they_are_few(self, client):
        occasion = an_occasion(
            capacity=3, starts_at=at("2030-07-04T10:00"), ends_at=at("2030-07-04T11:00")
        )
        form = form_for(occasion)

        page = client.get(form.public_path).text
        assert "Roofs that pay" in page
        assert "12:00" in page
        assert "Europe/Berlin" in page
        assert "3 places left" in page
        assert 'data-starts="2030-07-04T' in page

        register(client, form, 1)
        assert "2 places left" in client.get(form.public_path).text

    def test_does_not_give_the_link_to_join_away(self, client):
        page = client.get(form_for(an_occasion()).public_path).text
        assert "meet.example" not in page

    def test_says_that_it_is_full_and_that_one_waits(self, client):
        form = form_for(an_occasion(capacity=1))
        register(client, form, 1)

        assert "goes on the waiting list" in client.get(form.public_path).text
        answer = client.post(form.public_path, guest_body(form, 2), follow=True)
        assert "You are on the waiting list" in answer.text

    def test_closes_when_it_is_full_and_nobody_waits(self, client):
        form = form_for(an_occasion(capacity=1, has_waiting_list=False))
        assert (
            "You have a place"
            in client.post(form.public_path, guest_body(form, 1), follow=True).text
        )

        assert "is full" in client.get(form.public_path).text
        answer = client.post(form.public_path, guest_body(form, 2), follow=True)
        assert "the last place was just taken" in answer.text
        assert Submission.objects.count() == 2

    def test_closes_by_itself_once_the_event_has_begun(self, client):
        occasion = an_occasion()
        form = form_for(occasion)
        move_back(occasion)

        assert "is over" in client.get(form.public_path).text
        assert register(client, form, 1).status_code == 410
        assert not Submission.objects.exists()

    def test_says_that_the_event_was_cancelled(self, client, max):
        occasion = an_occasion()
        form = form_for(occasion)
        occasions.cancel(occasion=occasion, by=max)

        assert "does not take place" in client.get(form.public_path).text

    def test_json_is_told_which_place_it_got(self, client):
        form = form_for(an_occasion(capacity=1))
        for number, words in ((1, "You have a place"), (2, "on the waiting list")):
            told = client.post(
                form.public_path, guest_body(form, number), content_type="application/json"
            ).json()
            assert words in told["thanks"]["place"]


@pytest.mark.django_db
class TestPublishing:
    """A form goes live only with an event to come."""

    def refusal(self, *rows):
        form = forms.create(name="Webinar", by=None, content=content_of(*rows))
        with pytest.raises(Invalid) as refused:
            forms.publish(form=form, by=None)
        return " ".join(line for lines in refused.value.fields.values() for line in lines)

    def test_not_without_an_event(self):
        assert "Event" in self.refusal(block("occasion"), block("email"))

    def test_not_for_one_that_is_over(self):
        occasion = move_back(an_occasion())
        told = self.refusal(block("occasion", occasion=str(occasion.pk)), block("email"))
        assert "is over" in told

    def test_not_for_one_that_was_cancelled(self, max):
        occasion = occasions.cancel(occasion=an_occasion(), by=max)
        told = self.refusal(block("occasion", occasion=str(occasion.pk)), block("email"))
        assert "was cancelled" in told

    def test_not_without_an_address_to_write_to(self):
        occasion = an_occasion()
        rows = (
            block("occasion", occasion=str(occasion.pk)),
            block("short_text", label="Name", name="n"),
        )
        assert "Add the email question" in self.refusal(*rows)

    def test_the_form_knows_its_event_and_forgets_it(self):
        occasion = an_occasion()
        form = form_for(occasion)
        assert list(occasion.forms.all()) == [form]

        form.draft = content_of(block("email"))
        form.save()
        forms.publish(form=form, by=None)
        assert not occasion.forms.exists()


# --- mails ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestMails:
    """Confirmation, reminders, changes: each once, and never a stale one."""

    def test_the_confirmation_carries_link_calendar_and_the_way_out(self, client):
        occasion = an_occasion()
        register(client, form_for(occasion), 1)

        mail = Delivery.objects.get(key__endswith=":welcome")
        assert mail.kind == Delivery.Kind.ESSENTIAL
        assert "https://meet.example/roofs" in mail.text
        assert invitations.page_of(place_of(1)) in mail.text
        assert "Hello Guest 1" in mail.text
        (event,) = Calendar.from_ical(mail.calendar).walk("VEVENT")
        assert event["SUMMARY"] == "Roofs that pay"
        assert event.decoded("DTSTART") == occasion.starts_at.replace(microsecond=0)

    def test_reminders_are_planned_a_day_and_an_hour_before(self, client):
        occasion = an_occasion()
        register(client, form_for(occasion), 1)

        due = {row.key.rpartition(":")[2]: row.due_at for row in Delivery.objects.all()}
        assert due["day"] == occasion.starts_at - timedelta(days=1)
        assert due["hour"] == occasion.starts_at - timedelta(hours=1)

    def test_no_reminder_for_a_time_that_has_passed(self, client):
        register(client, form_for(an_occasion(in_days=0.5)), 1)
        assert [word for word, _state in mails(1)] == ["welcome", "hour"]

    def test_a_moved_event_tells_everybody_once_and_moves_the_reminders(
        self, client, max, drain_events
    ):
        occasion = an_occasion()
        register(client, form_for(occasion), 1)
        later = occasion.starts_at + timedelta(days=2)

        occasions.change(
            occasion=occasion,
            values={"starts_at": later, "ends_at": later + timedelta(hours=1)},
            by=max,
        )
        drain_events()
        invitations.tell_many([occasion.pk])

        assert sorted(mails(1)) == [
            ("changed", "queued"), ("day", "planned"), ("day", "skipped"), ("hour", "planned"),
            ("hour", "skipped"), ("welcome", "queued"),
        ]  # fmt: skip
        planned = Delivery.objects.get(key__endswith=":day", state="planned")
        assert planned.due_at == later - timedelta(days=1)
        (event,) = Calendar.from_ical(Delivery.objects.get(key__endswith=":changed").calendar).walk(
            "VEVENT"
        )
        assert event["SEQUENCE"] == 1

    def test_a_change_that_concerns_nobody_writes_to_nobody(self, client, max, drain_events):
        occasion = an_occasion()
        register(client, form_for(occasion), 1)

        occasions.change(occasion=occasion, values={"topic": "roofs"}, by=max)
        drain_events()

        assert [word for word, _state in mails(1)] == ["welcome", "day", "hour"]

    def test_a_cancelled_event_tells_those_with_a_place_and_those_who_wait(
        self, client, max, drain_events
    ):
        occasion = an_occasion(capacity=1)
        form = form_for(occasion)
        for number in (1, 2):
            register(client, form, number)

        occasions.cancel(occasion=occasion, by=max, note="The speaker is ill.")
        drain_events()

        for number in (1, 2):
            assert mails(number)[-1] == ("cancelled", "queued")
        mail = Delivery.objects.filter(key__endswith=":cancelled").first()
        assert "The speaker is ill." in mail.text
        assert "METHOD:CANCEL" in mail.calendar
        assert not Delivery.objects.filter(state="planned").exists()
        with pytest.raises(Conflict):
            occasions.cancel(occasion=occasion, by=max)

    def test_a_guest_of_the_demo_stays_in_the_local_outbox(self, client):
        form = form_for(an_occasion())
        register(client, form, 1)
        Lead.objects.update(origin="demo")
        Registration.objects.all().delete()
        Delivery.objects.all().delete()
        registrations.register_many(Submission.objects.values_list("pk", flat=True))

        assert {row.origin for row in Delivery.objects.all()} == {"demo"}


# --- her own page ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestHerPage:
    """By the link in the mail."""

    @pytest.fixture
    def link(self, client):
        """The path of the first guest's page."""
        register(client, form_for(an_occasion()), 1)
        return f"/e/{invitations.token_of(place_of(1))}/"

    def test_the_calendar_file_is_the_event_as_it_stands(self, client, link):
        answer = client.get(f"{link}event.ics")
        assert answer.headers["Content-Type"].startswith("text/calendar")
        (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
        assert event["SUMMARY"] == "Roofs that pay"

    def test_a_place_cannot_be_given_back_once_the_event_has_begun(self, client, link):
        move_back(Occasion.objects.get())
        assert "Give my place back" not in client.get(link).text
        client.post(link)
        assert place_of(1).state == State.REGISTERED


@pytest.mark.django_db(transaction=True)
def test_registering_and_leaving_are_facts_about_the_person(client, drain_events):
    register(client, form_for(an_occasion(topic="roofs")), 1)
    registrations.give_back(place_of(1))

    facts = Engagement.objects.filter(kind__startswith="event.").order_by("pk")
    assert [(fact.kind, fact.topic, fact.label) for fact in facts] == [
        ("event.registered", "roofs", "Roofs that pay"),
        ("event.cancelled", "roofs", "Roofs that pay"),
    ]


def test_erasing_a_person_ends_her_place_and_frees_it(client, db):
    form = form_for(an_occasion(capacity=1))
    for number in (1, 2):
        register(client, form, number)

    first = place_of(1)
    registrations.erase([first.lead])

    assert place_of(1).state == State.CANCELLED
    assert place_of(2).state == State.REGISTERED
    assert registrations.personal_rows(place_of(2).lead)[0]["event"] == "Roofs that pay"
    assert clock.now() < first.occasion.starts_at
