"""What a visitor sent: kept first, made into a lead after, never lost, never twice."""

import pytest
from django.db import DatabaseError, connection

from capture import rules
from capture.blocks import FORM_BLOCKS
from capture.blocks.starts import block
from capture.models import Submission
from capture.services import submissions
from leadflow.blocks import documents
from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.mail.models import Delivery
from leadflow.models import Consent, Lead, LeadAnswer, LeadIdentity, Source, Tag, Touchpoint
from leadflow.services import consent
from tests.factories.capture import content_of
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db

ANSWERS = {
    "first_name": "Ada",
    "email": "ada@north.example",
    "company": "North Ltd",
    "message": "Hello",
    "consent": True,
}


def arrival(client_id="client-0001", **more):
    return rules.Arrival(
        client_id=client_id, channel="hosted", ip="203.0.113.9", headers={"referer": ""}, **more
    )


def accept(form, answers=None, client_id="client-0001", spam="", **more):
    answers = ANSWERS if answers is None else answers
    return submissions.accept(
        version=form.live,
        answers=answers,
        raw=answers,
        arrival=arrival(client_id, **more),
        spam=spam,
    )


def kinds():
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_an_accepted_submission_becomes_a_lead(published):
    form = published()

    accept(form)

    row = Submission.objects.get()
    assert row.state == Submission.State.PROCESSED
    assert (row.lead.first_name, row.lead.email) == ("Ada", "ada@north.example")
    assert row.lead_created


def test_it_records_the_capture_and_the_submission(published):
    form = published()
    Event.objects.none()
    before = len(kinds())

    accept(form)

    new = kinds()[before:]
    assert "lead.captured" in new
    assert new[-1] == "submission.received"


def test_an_answer_without_a_field_is_kept_as_an_answer(published):
    accept(published())

    answer = LeadAnswer.objects.get()
    assert (answer.key, answer.value, answer.label) == ("message", "Hello", "Message")


def test_consent_is_proved_with_the_published_words_and_our_own_facts(published):
    form = published()

    accept(form)

    row = Consent.objects.get()
    assert row.text == "Write to me."
    assert row.text_version == f"form:{form.pk}:v1"
    assert row.ip == "203.0.113.9"


def test_an_unticked_consent_is_no_consent(published):
    accept(published(), ANSWERS | {"consent": False})

    assert not Consent.objects.exists()
    assert Submission.objects.get().consent_given is False


def test_who_withdrew_is_not_brought_back_by_a_form(published):
    form = published()
    accept(form)
    consent.withdraw(lead=Lead.objects.get())

    accept(form, client_id="client-0002")

    lead = Lead.objects.get()
    assert consent.in_force([lead.pk], channel="email", purpose="marketing") == {
        lead.pk: "withdrawn"
    }
    newest = Submission.objects.get(client_submission_id="client-0002")
    assert newest.proposed == {"consent.marketing": "given"}


def test_the_same_submission_twice_is_one(published):
    form = published()

    first, again = accept(form), accept(form)

    assert (first.is_new, again.is_new) == (True, False)
    assert Submission.objects.count() == Lead.objects.count() == 1


def test_spam_is_kept_and_makes_nothing(published):
    accept(published(), spam="honeypot")

    row = Submission.objects.get()
    assert (row.state, row.reason, row.lead) == (Submission.State.QUARANTINED, "honeypot", None)
    assert not Lead.objects.exists()


def test_a_person_can_take_an_answer_back_from_spam(published):
    accept(published(), spam="too_fast")

    submissions.reprocess(submission=Submission.objects.get(), by=None)

    assert Submission.objects.get().state == Submission.State.PROCESSED
    assert Lead.objects.get().email == "ada@north.example"


def test_a_processed_answer_cannot_be_processed_again(published):
    accept(published())

    with pytest.raises(Conflict):
        submissions.reprocess(submission=Submission.objects.get(), by=None)


@pytest.fixture
def broken_leads():
    """The database refuses every lead; tests end by rolling it back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE leadflow_lead ADD CONSTRAINT none CHECK (first_name = '') NOT VALID"
        )


def test_a_failure_behind_the_raw_row_keeps_the_row(published, broken_leads):
    accept(published())

    row = Submission.objects.get()
    assert (row.state, row.attempts) == (Submission.State.UNPROCESSED, 1)
    assert "none" in row.error
    assert row.answers["first_name"] == "Ada"
    assert not Lead.objects.exists()


def test_the_sweep_makes_the_lead_once_the_trouble_is_over(published, broken_leads):
    accept(published())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE leadflow_lead DROP CONSTRAINT none")

    assert submissions.sweep() == 1
    assert Submission.objects.get().lead == Lead.objects.get()


def test_after_five_tries_an_answer_waits_for_a_person(published, broken_leads):
    accept(published())

    for _turn in range(6):
        submissions.sweep()

    row = Submission.objects.get()
    assert row.attempts == Submission.MAX_TRIES
    assert list(Submission.objects.needing_attention()) == [row]


def test_an_optional_value_of_the_wrong_kind_does_not_cost_the_person(published):
    form = published(
        block("email"),
        block("short_text", label="Born", name="born", save_to="birth_year"),
    )

    accept(form, {"email": "ada@north.example", "born": "soon"})

    lead = Lead.objects.get()
    assert lead.birth_year is None
    assert LeadAnswer.objects.get(lead=lead, key="born").value == "soon"


def test_a_link_names_the_source_before_the_form_does(published):
    fair = Source.objects.create(name="Trade fair")
    form = published(source=Source.objects.create(name="Website"))

    accept(form, utm={"utm_source": "trade FAIR"})

    assert Lead.objects.get().source == fair
    assert Touchpoint.objects.get().source == fair


def test_the_tags_of_the_form_are_put_on_the_lead(published):
    form = published()
    form.tags.add(Tag.objects.create(name="inbound"))

    accept(form)

    assert [tag.name for tag in Lead.objects.get().tags.all()] == ["inbound"]


def test_a_survey_that_names_nobody_makes_no_lead(published):
    accept(published(block("yes_no", label="Happy?", name="happy")), {"happy": True})

    assert Submission.objects.get().state == Submission.State.PROCESSED
    assert not Lead.objects.exists()


def test_the_second_address_finds_the_same_person(published):
    form = published()
    accept(form)

    accept(form, ANSWERS | {"email": "ADA@North.example"}, client_id="client-0002")

    assert LeadIdentity.objects.filter(kind="email").count() == 1
    assert Submission.objects.values("lead").distinct().count() == 1


def test_what_was_sent_can_never_be_rewritten(published):
    accept(published())

    with pytest.raises(DatabaseError, match="never changes"):
        Submission.objects.update(raw={"forged": 1})


def test_erasing_a_person_empties_what_she_sent(published):
    accept(published())

    submissions.erase(list(Lead.objects.all()))

    row = Submission.objects.get()
    assert (row.raw, row.answers, row.ip) == ({}, {}, None)


def _asking(published):
    return published(
        block("email", label="Email"), block("consent", text="News, please", confirm=True)
    )


def test_a_consent_to_be_confirmed_waits_and_her_mailbox_is_asked(published, drain_events):
    accept(_asking(published), {"email": "ada@north.example", "consent": True})
    drain_events()

    assert [row.state for row in Consent.objects.all()] == [Consent.State.PENDING]
    assert Delivery.objects.filter(key__startswith="doi:").count() == 1


def test_who_agreed_before_is_not_asked_to_confirm_again(published):
    form = _asking(published)
    accept(form, {"email": "ada@north.example"}, client_id="client-0001")
    consent.give(lead=Lead.objects.get(), text="By phone", method="hand")

    accept(form, {"email": "ada@north.example", "consent": True}, client_id="client-0002")

    assert [row.state for row in Consent.objects.all()] == [Consent.State.GIVEN]


def test_who_withdrew_can_be_asked_by_mail(published):
    form = _asking(published)
    accept(form, {"email": "ada@north.example"}, client_id="client-0001")
    consent.withdraw(lead=Lead.objects.get())

    accept(form, {"email": "ada@north.example", "consent": True}, client_id="client-0002")

    known = consent.in_force([Lead.objects.get().pk], channel="email", purpose="marketing")
    assert list(known.values()) == [Consent.State.PENDING]


def calls(**props):
    return block("consent", text="Call me.", name="calls", channel="phone", **props)


def test_each_way_is_agreed_to_by_a_box_of_its_own(published):
    form = published(block("email"), calls(), block("consent", text="Write to me.", name="mails"))
    accept(form, answers={"email": "ada@north.example", "calls": True, "mails": False})

    row = Consent.objects.get()
    assert (row.channel, row.purpose, row.text, row.state) == (
        "phone", "marketing", "Call me.", "given",
    )  # fmt: skip


def test_a_no_to_calls_is_not_undone_by_a_form_and_says_nothing_about_mail(published):
    lead = a_lead("ada@north.example")
    consent.withdraw(lead=lead, channel="phone")
    form = published(block("email"), calls(), block("consent", text="Write to me.", name="mails"))

    accept(form, answers={"email": "ada@north.example", "calls": True, "mails": True})

    ids = [lead.pk]
    assert consent.in_force(ids, channel="phone", purpose="marketing") == {lead.pk: "withdrawn"}
    assert consent.in_force(ids, channel="email", purpose="marketing") == {lead.pk: "given"}


def test_a_mailbox_cannot_confirm_consent_to_calls():
    content = content_of(block("email"), calls(confirm=True))

    problems = documents.publish_problems(content, FORM_BLOCKS)

    assert [one.path.rpartition(".")[2] for one in problems] == ["confirm"]
