"""What a file says that people agreed to: kept with its day, words and proof, never made up."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leadflow.events.models import Event
from leadflow.imports import undoing
from leadflow.imports.models import Import, ImportRow
from leadflow.imports.registry import target_of
from leadflow.kit import clock
from leadflow.models import Consent, Lead, Organisation, Suppression
from leadflow.models.erasing import erasing
from leadflow.services import consent
from leadflow.web.csv import lines as csv_lines
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db

WORDS = "Send me the newsletter."
PROVED = (
    "email,consent,consent date,words of the consent,consent purpose,channel of the consent,consent page,consent ip\n"
    f"ada@a.example,yes,2024-05-02 10:11,{WORDS},newsletter,email,https://old.example/join,203.0.113.9\n"
)


def words_of(lead):
    return list(lead.consents.order_by("at", "pk").values_list("state", "purpose", "text"))


def reasons():
    return list(ImportRow.objects.filter(state="failed").values_list("reason", flat=True))


def test_a_yes_is_kept_with_purpose_channel_time_words_and_proof(bring):
    bring("lead", PROVED)

    row = Consent.objects.get()
    assert (row.lead.email, row.state, row.channel, row.purpose) == (
        "ada@a.example", "given", "email", "newsletter",
    )  # fmt: skip
    assert (row.text, row.url, row.ip) == (WORDS, "https://old.example/join", "203.0.113.9")
    assert (row.at, row.method) == (datetime(2024, 5, 2, 10, 11, tzinfo=UTC), "import")
    assert len(row.text_hash) == 64


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("02.05.2024 10:11", datetime(2024, 5, 2, 8, 11, tzinfo=UTC)),
        ("2024-05-02", datetime(2024, 5, 1, 22, tzinfo=UTC)),
        ("2024-05-02T10:11:30Z", datetime(2024, 5, 2, 10, 11, 30, tzinfo=UTC)),
        ("2024-05-02T10:11:30.250+05:00", datetime(2024, 5, 2, 5, 11, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_one_of_our_clocks_unless_it_names_its_zone(bring, said, meant):
    organisation = Organisation.current()
    organisation.time_zone = "Europe/Berlin"
    organisation.save()

    bring("lead", PROVED.replace("2024-05-02 10:11", said))

    assert Consent.objects.get().at == meant


@pytest.mark.parametrize("without", ["2024-05-02 10:11", WORDS])
def test_a_yes_without_day_or_words_is_rejected_and_never_made_up(bring, without):
    done = bring("lead", PROVED.replace(without, ""))

    assert (done.created, done.failed) == (0, 1)
    assert "A consent is kept with its proof" in reasons()[0]
    assert not Consent.objects.exists()


def test_day_and_words_may_hold_for_the_whole_file(bring):
    done = bring(
        "lead",
        "email,consent\nada@a.example,Subscribed\nbo@b.example,no\ncy@c.example,\n",
        constants={"consent_text": WORDS, "consent_on": "2024-05-02"},
    )

    assert done.created == 3
    assert [row.lead.email for row in Consent.objects.all()] == ["ada@a.example"]


def test_a_no_is_no_consent_and_no_refusal(bring):
    bring("lead", PROVED.replace(",yes,", ",no,"))

    assert Lead.objects.count() == 1
    assert not Consent.objects.exists()
    assert not Suppression.objects.exists()


def test_who_opted_out_there_gets_no_mail_here(bring):
    bring("lead", "email,consent\nada@a.example,unsubscribed\n")

    assert words_of(Lead.objects.get()) == [("withdrawn", "marketing", "")]
    assert Suppression.objects.get().reason == "unsubscribed"


def test_an_opt_out_of_somebody_known_ends_her_consent(bring):
    lead = a_lead("ada@a.example")
    consent.give(lead=lead, text=WORDS)

    done = bring("lead", "email,consent\nada@a.example,opted out\n")

    assert done.updated == 1
    told = consent.in_force([lead.pk], channel="email", purpose="marketing")
    assert told == {lead.pk: "withdrawn"}


def test_a_file_brings_nobody_back_who_took_her_consent_back_here(bring):
    lead = a_lead("ada@a.example")
    consent.withdraw(lead=lead, purpose="newsletter")

    done = bring("lead", PROVED)

    assert done.unchanged == 1
    assert words_of(lead) == [("withdrawn", "newsletter", "")]
    assert "only the person can give it again" in ImportRow.objects.get().reason


def test_the_same_file_again_writes_no_second_consent(bring):
    bring("lead", PROVED)
    done = bring("lead", PROVED)

    assert done.unchanged == 1
    assert Consent.objects.count() == 1


def test_it_is_a_fact_of_its_own_day_that_starts_nothing(bring):
    bring("lead", PROVED)

    fact = Event.objects.get(kind="consent.given")
    assert (fact.origin, fact.occurred_at) == ("import", Consent.objects.get().at)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("203.0.113.9", "somewhere", "no network address"),
        (",yes,", ",perhaps,", "none of the choices"),
        ("2024-05-02 10:11", "2024-05-02 27:11", "not a time"),
    ],
)
def test_what_cannot_be_is_rejected_with_the_reason(bring, was, now, said):
    bring("lead", PROVED.replace(was, now))

    assert said in reasons()[0]


def test_a_consent_of_a_day_to_come_is_rejected(bring):
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    bring("lead", PROVED.replace("2024-05-02 10:11", day))

    assert "has not come yet" in reasons()[0]


def test_taking_the_import_back_takes_its_consents_along(bring):
    known = a_lead("bo@b.example")
    done = bring("lead", PROVED + PROVED.splitlines()[1].replace("ada@a", "bo@b") + "\n")
    assert Consent.objects.count() == 2

    undone = undoing.undo_here(done, by=None)

    assert (undone.undone, undone.kept) == (2, 0)
    assert list(Lead.objects.values_list("pk", flat=True)) == [known.pk]
    assert not Consent.objects.exists()


def test_a_no_of_somebody_known_stays_a_no_when_the_import_is_taken_back(bring):
    lead = a_lead("ada@a.example")
    done = bring("lead", "email,consent\nada@a.example,unsubscribed\n")

    undoing.undo_here(done, by=None)

    assert words_of(lead) == [("withdrawn", "marketing", "")]
    assert Suppression.objects.exists()


def test_who_was_worked_with_since_keeps_her_consent(bring):
    done = bring("lead", PROVED)
    lead = Lead.objects.get()
    consent.give(lead=lead, purpose="events", text="Yes")

    undone = undoing.undo_here(done, by=None)

    assert undone.kept == 1
    assert [purpose for _state, purpose, _text in words_of(lead)] == ["newsletter", "events"]


def test_a_consent_goes_out_and_comes_in_again_the_same(bring):
    bring("lead", PROVED)
    proof = Consent.objects.values("state", "channel", "purpose", "text", "url", "ip", "at")
    before = proof.get()
    rows = list(target_of("lead").export())
    names = list(rows[0])
    file = "".join(csv_lines(names, [[row.get(name, "") for name in names] for row in rows]))
    with erasing():
        Consent.objects.all().delete()

    bring("lead", file)

    assert proof.get() == before


def test_the_wizard_asks_once_for_the_proof_of_the_whole_file(client, alice):
    client.force_login(alice)
    file = SimpleUploadedFile("t.csv", b"email,consent\r\nada@a.example,yes\r\n", "text/csv")
    client.post(reverse("imports:new"), {"entity": "lead", "file": file})
    door = reverse("imports:map", args=[Import.objects.get().pk])
    assert "A yes is kept with its day and its words" in client.get(door).text

    answer = client.post(
        door,
        {"column_0": "email", "column_1": "consent", "existing": "fill", "create": "on", "dates": "iso",
         "all_consent_text": WORDS, "all_consent_on": "2024-05-02"},
    )  # fmt: skip

    assert answer.status_code == 303
    assert Import.objects.get().constants == {
        "consent_text": WORDS,
        "consent_on": "2024-05-02",
    }
