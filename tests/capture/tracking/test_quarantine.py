"""The quarantine: who is suspect, what is shown, the way back and the way out."""

import json
from datetime import timedelta

import altcha
import pytest
from django.test import Client

from capture.models import Submission, VisitorPolicy
from capture.services import policies, proofs, quarantine
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Lead
from tests.factories.capture import contact_body, published_form

pytestmark = pytest.mark.django_db
BOT = "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"


@pytest.fixture
def form(db):
    return published_form()


def send(form, *, agent="Mozilla/5.0 Firefox/140.0", number=1, path="", **answers):
    body = contact_body(form, client_id=f"client-{number:04}", **answers)
    answer = Client().post(
        path or form.public_path, json.dumps(body), content_type="application/json",
        headers={"User-Agent": agent},
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    return Submission.objects.latest("pk")


def held(form, count=1):
    return [send(form, number=n, website_url="spam", email=f"p{n}@a.example") for n in range(count)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"agent": BOT}, "crawler"),
        ({"email": "x@mailinator.com"}, "disposable"),
        ({"email": "spy@Rival.example"}, "blocked"),
        (
            {"website_url": "x", "email": "x@mailinator.com", "agent": BOT},
            "honeypot,crawler,disposable",
        ),
    ],
)
def test_a_suspect_answer_is_thanked_and_held_before_any_lead_exists(
    form, change, reason, drain_events
):
    VisitorPolicy.objects.create(pk=1, blocked_domains=["rival.example"])

    row = send(form, **change)
    drain_events()

    assert (row.state, row.reason) == (Submission.State.QUARANTINED, reason)
    assert not Lead.objects.exists()
    assert not Event.objects.filter(kind="submission.received").exists()


def test_programs_are_welcome_on_the_door_for_programs(form):
    row = send(
        form, agent="python-requests/2.32", path=f"/api/v1/forms/{form.public_id}/submissions"
    )

    assert row.state == Submission.State.PROCESSED


def test_a_change_of_the_policy_counts_with_the_next_answer(form):
    assert send(form, email="x@mailinator.com").state == Submission.State.QUARANTINED

    policies.change(by=None, values={"holds_disposable": False})

    assert send(form, email="y@mailinator.com", number=2).state == Submission.State.PROCESSED


def test_the_page_shows_each_answer_with_every_reason(client, max, form):
    send(form, website_url="x", email="x@mailinator.com", first_name="Spammy")
    client.force_login(max)

    page = client.get("/quarantine/").text

    assert "Spammy" in page
    assert "Hidden field filled in" in page
    assert "Throw-away mailbox" in page
    assert "Spammy" not in client.get("/quarantine/?why=crawler").text
    assert "Spammy" in client.get("/quarantine/?why=disposable").text
    raw = client.get(Submission.objects.get().get_absolute_url()).text
    assert "website_url" in raw
    assert "Throw-away mailbox" in raw


def test_an_empty_quarantine_says_what_it_is_for(client, max):
    client.force_login(max)

    assert "Nothing is held back" in client.get("/quarantine/").text


def test_one_click_makes_the_lead_and_is_on_record(client, max, form, drain_events):
    row, other = held(form, 2)
    client.force_login(max)

    answer = client.post("/quarantine/restore/", {"only": row.pk, "ids": [row.pk, other.pk]})
    drain_events()

    assert answer.status_code == 303
    row.refresh_from_db()
    other.refresh_from_db()
    assert row.lead.email == "p0@a.example"
    assert other.state == Submission.State.QUARANTINED
    noted = Event.objects.get(kind="submission.restored")
    assert noted.actor_id == max.pk
    assert (noted.data["count"], noted.data["reasons"]) == (1, ["honeypot"])
    assert Event.objects.filter(kind="submission.received", lead_id=row.lead_id).exists()


def test_many_are_restored_at_once_and_one_that_fails_waits_alone(client, max, form):
    rows = held(form, 3)
    Submission.objects.filter(pk=rows[1].pk).update(answers={"email": 5})
    client.force_login(max)

    client.post("/quarantine/restore/", {"ids": [row.pk for row in rows]})
    page = client.get("/quarantine/")

    states = dict(Submission.objects.values_list("pk", "state"))
    assert [states[row.pk] for row in rows] == ["processed", "unprocessed", "processed"]
    assert "2 answers went on their way to become leads." in page.text
    assert "1 could not be taken back" in page.text


def test_deleting_is_for_good_and_on_record_without_what_was_said(client, max, form):
    rows = held(form, 2)
    client.force_login(max)

    client.post("/quarantine/delete/", {"ids": [row.pk for row in rows]})

    assert not Submission.objects.exists()
    noted = Event.objects.get(kind="submission.deleted")
    assert noted.data == {"name": form.name, "count": 2, "reasons": ["honeypot"]}


def test_an_answer_that_is_no_suspect_is_out_of_reach(client, max, form):
    row = send(form)
    client.force_login(max)

    assert client.post("/quarantine/delete/", {"ids": row.pk}).status_code == 409
    client.post("/quarantine/restore/", {"ids": row.pk})

    assert Submission.objects.get().state == Submission.State.PROCESSED
    assert Event.objects.filter(kind__startswith="submission.").count() == 1


@pytest.mark.parametrize("told", [{}, {"ids": "x"}, {"ids": "9" * 30}])
def test_choosing_nothing_says_so(client, max, told):
    client.force_login(max)

    answer = client.post("/quarantine/restore/", told)

    assert answer.status_code == 422
    assert "Choose at least one answer." in answer.text


def test_what_nobody_restores_is_deleted_when_its_days_are_over(form):
    held(form)
    now = clock.now()

    assert quarantine.expire(now + timedelta(days=89)) == 0
    assert quarantine.expire(now + timedelta(days=91)) == 1

    assert not Submission.objects.exists()
    assert Event.objects.get(kind="submission.deleted").actor_id is None


def test_a_rep_does_not_get_in(client, bob):
    client.force_login(bob)

    assert client.get("/quarantine/").status_code == 403


def test_a_robot_network_is_slowed_down_by_its_neighbourhood(client, form, settings):
    settings.FORM_POSTS_PER_MINUTE = 2
    answers = [
        client.post(
            form.public_path, json.dumps(contact_body(form, client_id=f"client-{n:04}")),
            content_type="application/json", REMOTE_ADDR=f"198.51.100.{n}",
        ).status_code
        for n in range(40)
    ]  # fmt: skip

    assert answers.count(429) >= 10
    elsewhere = contact_body(form, client_id="client-9999")
    assert client.post(form.public_path, json.dumps(elsewhere), content_type="application/json",
                       REMOTE_ADDR="203.0.113.9").status_code == 200  # fmt: skip


# --- proof of work ---------------------------------------------------------------------------------


@pytest.fixture
def asked(form, monkeypatch):
    """A form that asks for a proof, an easy one."""
    monkeypatch.setattr(proofs, "DIFFICULTY", 50)
    policy = VisitorPolicy.objects.create(pk=1, proof="work")
    challenge = json.loads(proofs.ask(policy, form, "client-0001"))
    number = altcha.solve_challenge_v1(
        challenge["challenge"], challenge["salt"], challenge["algorithm"], challenge["maxnumber"]
    ).number
    solved = {key: challenge[key] for key in ("algorithm", "challenge", "salt", "signature")}
    return json.dumps(solved | {"number": number})


def test_a_proof_lets_an_answer_through(form, asked):
    assert send(form, lf_proof=asked).state == Submission.State.PROCESSED
    assert "lf_proof" not in Submission.objects.get().raw


@pytest.mark.parametrize(
    "proof", ["", "{", "[]", '{"number": 1}', "null", "9" * 3_000, '{"number": "1"}']
)
def test_an_answer_without_its_proof_is_held_and_not_refused(form, asked, proof):
    row = send(form, lf_proof=proof)

    assert (row.state, row.reason) == (Submission.State.QUARANTINED, "unproved")


def test_a_proof_is_worth_one_answer_of_one_form(form, asked):
    send(form, lf_proof=asked)

    assert send(form, lf_proof=asked, number=2).reason == "unproved"
    other = published_form(name="Other")
    assert send(other, lf_proof=asked).reason == "unproved"


def test_the_page_carries_the_question_only_where_the_policy_asks(client, form):
    assert "data-proof" not in client.get(form.public_path).text
    policies.change(by=None, values={"proof": "work"})

    assert "data-proof" in client.get(form.public_path).text


# --- the settings ------------------------------------------------------------------------------------

POLICY = {
    "mode": "id", "banner_text": "May we?", "privacy_url": "", "keep_days": "30",
    "site_lines": "https://Shop.example/\n", "domain_lines": "rival.example", "proof": "",
    "quarantine_days": "30", "holds_crawlers": "on",
}  # fmt: skip


def test_an_admin_sets_the_policy_and_each_change_is_on_record(client, alice):
    client.force_login(alice)

    assert client.post("/settings/visitors/", POLICY).status_code == 303

    policy = VisitorPolicy.current()
    assert (policy.mode, policy.sites, policy.blocked_domains) == (
        "id", ["https://shop.example"], ["rival.example"],
    )  # fmt: skip
    assert policy.holds_disposable is False
    names = {event.data["name"] for event in Event.objects.filter(kind="setting.changed")}
    assert {"visitors:mode", "visitors:sites", "visitors:holds_disposable"} <= names
    page = client.get("/settings/visitors/").text
    assert "/track.js" in page
    assert "https://shop.example" in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("site_lines", "shop.example/page", "without a path"),
        ("domain_lines", "ann@rival.example", "Write a domain as example.com"),
        ("keep_days", "0", "greater than or equal to 1"),
        ("quarantine_days", "1", "greater than or equal to 7"),
        ("mode", "all", "Select a valid choice"),
    ],
)
def test_a_wrong_setting_is_refused_beside_its_field(client, alice, field, value, words):
    client.force_login(alice)

    answer = client.post("/settings/visitors/", POLICY | {field: value})

    assert answer.status_code == 422
    assert words in answer.text
    assert not VisitorPolicy.objects.exists()
