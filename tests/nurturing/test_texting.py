"""Text messages: to who agreed, once, in her hours, by a carrier that may fail in every way."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadflow.events.models import Event
from leadflow.models import Consent
from leadflow.services import consent, merging
from nurturing.models import StepDone, TextMessage
from nurturing.services import documents, enrolment, texting
from nurturing.services.acts import wording
from nurturing.services.advancing import advance_due
from nurturing.services.texting import carriers
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, step, wait_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NUMBER = "+4915112345678"


class Fake:
    """Takes messages, or fails as it is told."""

    def __init__(self):
        self.took, self.raises = [], None

    def send(self, *, channel, to, words, key):
        self.took.append((channel, to, words, key))
        if self.raises is not None:
            raise self.raises
        return f"id-{len(self.took)}"


@pytest.fixture
def carrier(settings, monkeypatch):
    fake = Fake()
    monkeypatch.setitem(carriers._MAKERS, "fake", lambda: fake)
    settings.TEXT_VIA = "fake"
    return fake


def reader(**fields):
    lead = a_reader(**{"phone": NUMBER, "time_zone": "Etc/UTC"} | fields)
    consent.give(lead=lead, channel="sms", text="Text me.", method="form", at=NOON - DAY)
    return lead


def walk(*people, words="Hello {{ lead.first_name }}", at=NOON):
    sequence = a_sequence(step("text", words=words), wait_step(2))
    ids = [one.pk for one in people]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=at)
    advance_due(at=at)
    return sequence


def test_who_agreed_gets_it_once_with_her_fields(carrier):
    ann = reader(first_name="Ann")
    walk(ann)

    for _again in range(2):
        texting.send_due(at=NOON)

    row = TextMessage.objects.get()
    assert carrier.took == [("sms", NUMBER, "Hello Ann", row.key)]
    assert (row.state, row.carrier, row.carrier_id, row.lead) == ("sent", "fake", "id-1", ann)


def test_what_was_sent_stands_in_the_story_of_its_receiver_with_its_words(client, alice, carrier):
    ann = reader(first_name="Ann")
    walk(ann)

    texting.send_due(at=NOON)
    texting.send_due(at=NOON)

    fact = Event.objects.get(kind="text.sent")
    assert (fact.lead_id, fact.occurred_at, fact.data["words"]) == (ann.pk, NOON, "Hello Ann")
    client.force_login(alice)
    page = client.get(f"/leads/{ann.pk}/timeline/").content.decode()
    assert "wrote a text message" in page
    assert "Hello Ann" in page


def test_what_a_carrier_refused_stands_in_the_story_with_its_reason(client, alice, carrier):
    ann = reader(first_name="Ann")
    walk(ann)
    carrier.raises = carriers.Refused("no such number")

    texting.send_due(at=NOON)

    client.force_login(alice)
    page = client.get(f"/leads/{ann.pk}/timeline/").content.decode()
    assert "could not deliver a text message" in page
    assert "no such number" in page


def test_who_has_no_number_is_left_out_with_the_reason():
    walk(reader(phone=""))

    assert not TextMessage.objects.exists()
    assert "No number to send it to" in StepDone.objects.first().detail


def test_consent_to_mail_is_none_to_text_messages():
    walk(a_reader(phone=NUMBER))

    assert not TextMessage.objects.exists()
    assert "No consent to text messages" in StepDone.objects.first().detail


def test_who_takes_her_consent_back_before_it_is_begun_gets_none(carrier):
    ann = reader()
    walk(ann)
    consent.withdraw(lead=ann, channel="sms", at=NOON)

    texting.send_due(at=NOON)

    row = TextMessage.objects.get()
    assert (row.state, row.reason) == ("skipped", "No consent to text messages.")
    assert carrier.took == []


def test_who_answers_stop_gets_no_more(carrier):
    ann = reader()
    walk(ann)

    assert texting.stop(number=NUMBER) == 1
    texting.send_due(at=NOON)

    assert carrier.took == []
    assert TextMessage.objects.get().reason == "They answered STOP."
    assert consent.in_force([ann.pk], channel="sms", purpose="marketing")[ann.pk] == "withdrawn"
    assert consent.in_force([ann.pk], channel="email", purpose="marketing")[ann.pk] == "given"


def test_at_night_it_waits_for_the_morning_of_its_receiver(carrier):
    night = NOON.replace(hour=23)
    walk(reader(), at=night)
    due_at = TextMessage.objects.get().due_at

    assert texting.send_due(at=night) == 0
    assert night + timedelta(hours=9) <= due_at < night + timedelta(hours=9, minutes=16)
    assert texting.send_due(at=due_at) == 1


@pytest.mark.parametrize(
    ("raises", "state", "again"),
    [
        (carriers.Refused("no such number"), "failed", 0),
        (carriers.CarrierDown("no route"), "waiting", 1),
        (TimeoutError("no answer"), "uncertain", 0),
    ],
)
def test_what_the_answer_of_a_carrier_means(carrier, raises, state, again):
    walk(reader())
    carrier.raises = raises

    texting.send_due(at=NOON)

    row = TextMessage.objects.get()
    assert (row.state, row.reason) == (state, str(raises))
    carrier.raises = None
    texting.send_due(at=NOON + timedelta(hours=1))
    assert len(carrier.took) == 1 + again


def test_a_carrier_that_is_down_holds_up_the_rest_and_is_asked_once(carrier):
    walk(*(reader() for _one in range(3)))
    carrier.raises = carriers.CarrierDown("no route")

    texting.send_due(at=NOON)

    assert len(carrier.took) == 1
    assert TextMessage.objects.waiting().count() == 3


def test_what_a_process_began_and_never_ended_is_uncertain_and_not_sent_again(carrier):
    walk(reader())
    began = timezone.now() - timedelta(minutes=11)
    TextMessage.objects.update(state="sending", began_at=began)

    texting.send_due(at=NOON)

    assert (TextMessage.objects.get().state, carrier.took) == ("uncertain", [])


def test_what_comes_days_too_late_is_not_sent(carrier):
    walk(reader())

    texting.send_due(at=NOON + 4 * DAY)

    assert (TextMessage.objects.get().state, carrier.took) == ("skipped", [])


def test_without_a_carrier_it_stays_here_and_a_wrong_name_is_said(settings):
    walk(reader(), reader())
    settings.TEXT_VIA = "nobody"
    texting.send_due(at=NOON)
    assert "nobody" in TextMessage.objects.exclude(reason="").get().reason

    settings.TEXT_VIA = "local"
    texting.send_due(at=NOON + timedelta(hours=1))

    assert {*TextMessage.objects.values_list("state", flat=True)} == {"kept"}


def test_the_demo_never_leaves(carrier):
    lead = reader()
    type(lead).objects.filter(pk=lead.pk).update(origin="demo")
    walk(lead)

    texting.send_due(at=NOON)

    assert (TextMessage.objects.get().state, carrier.took) == ("kept", [])


def test_what_is_missing_is_said_before_publishing():
    def said(**fields):
        document = documents.empty() | {"steps": [step("text", **fields)]}
        return [one for _place, one in documents.problems(document) if "ostal" not in one]

    assert said(words="Hello") == []
    assert any("Write the text message" in one for one in said())
    assert any("at most 480" in one for one in said(words="x" * 481))
    assert any("Line 1" in one for one in said(words="{{ lead.shoe }}"))
    assert any("by which way" in one for one in said(words="Hi", channel="pigeon"))


def test_a_merged_persons_messages_are_the_survivors(drain_events):
    one, two = reader(), reader(phone="+4915187654321")
    walk(two)

    merging.merge(survivor=one, loser=two, by=None, at=NOON)
    drain_events()

    assert TextMessage.objects.get().lead == one


def test_the_page_shows_the_messages_of_people_whom_one_may_see(client, max, vera, bob, carl):
    hers, others = reader(first_name="Ann", owner=bob), reader(first_name="Zoe", owner=carl)
    walk(hers, others)
    client.force_login(max)

    page = client.get("/text-messages/").content.decode()
    assert ("Hello Ann" in page, "Hello Zoe" in page, "stay here" in page) == (True, True, True)
    assert client.get("/text-messages/?state=sent").context["page"].rows == []
    assert "/text-messages/" in client.get("/sequences/").content.decode()
    client.force_login(vera)
    page = client.get("/text-messages/").content.decode()
    assert ("Hello Ann" in page, "Hello Zoe" in page) == (True, False)


def test_many_are_written_in_as_many_statements_as_few():
    def cost(n):
        people = [reader() for _one in range(n)]
        sequence = a_sequence(step("text", words="Hi"), wait_step(2))
        ids = [one.pk for one in people]
        enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)
        with CaptureQueriesContext(connection) as asked:
            advance_due(at=NOON)
        return len(asked)

    assert cost(8) <= cost(2) + 1
    assert Consent.objects.filter(channel="sms").count() == 10


def test_a_step_is_named_by_its_words_not_by_the_code_of_a_field():
    one = step("text", words='Hello {{ lead.first_name | default: "there" }}, see you.')

    assert wording.words(one) == "Text message “Hello {first name}, see you.”"
