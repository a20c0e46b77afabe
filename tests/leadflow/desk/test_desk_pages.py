import re

import pytest

from leadflow.calendars import links
from leadflow.events.models import Event
from leadflow.models import Activity, Company, Consent, Lead, LeadStage
from leadflow.notifications.models import Notification
from leadflow.services import activities, addresses, leads, notes
from tests.factories.calendars import a_meeting
from tests.factories.core import NOON, a_lead, a_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


def test_the_list_shows_own_leads_and_hides_those_of_other_teams(as_bob, bob, carl):
    a_lead(first_name="Ann", last_name="Mine", owner=bob)
    a_lead(first_name="Ben", last_name="Theirs", owner=carl)

    page = as_bob.get("/leads/").content.decode()

    assert "Ann Mine" in page
    assert "Theirs" not in page


def test_a_rep_gives_her_lead_to_a_colleague_of_her_team_with_a_word(
    as_bob, bob, mia, drain_events
):
    lead = a_lead(owner=bob, first_name="Ann", last_name="Lee")
    drain_events()
    Notification.objects.all().delete()

    answer = as_bob.post(f"/leads/{lead.pk}/owner/", {"owner": mia.pk, "words": "Knows you well."})
    drain_events()

    lead.refresh_from_db()
    assert (lead.owner, answer["Location"]) == (mia, "/leads/")
    told = Notification.objects.filter(user=mia).values_list("sentence", flat=True)
    assert sorted(told) == [
        "Ann Lee is yours now",
        f"{bob.name} mentions you, about Ann Lee: “@{mia.name} Knows you well.”",
    ]


def test_a_rep_cannot_give_a_lead_to_another_team(as_bob, bob, carl):
    lead = a_lead(owner=bob)

    assert as_bob.post(f"/leads/{lead.pk}/owner/", {"owner": carl.pk}).status_code == 422

    lead.refresh_from_db()
    assert lead.owner == bob


def test_a_lead_of_another_team_is_not_found(as_bob, carl):
    assert as_bob.get(a_lead(owner=carl).get_absolute_url()).status_code == 404


def test_the_list_asks_five_questions_beyond_session_and_user(
    as_alice, bob, django_assert_num_queries
):
    for _ in range(51):
        a_lead(owner=bob)
    as_alice.get("/leads/")  # the first page ever makes the organisation

    with django_assert_num_queries(2 + 5):
        as_alice.get("/leads/?cols=name,company,score,stage,source,owner,touch,next,email,created")


def test_a_lead_with_two_of_the_chosen_tags_stands_in_the_list_once(as_alice, alice):
    lead = a_lead(last_name="Kessler")
    notes.tag_many(lead_ids=[lead.pk], names=["hot", "fair"], by=alice)
    tags = "&".join(f"tag={pk}" for pk in lead.tags.values_list("pk", flat=True))

    page = as_alice.get(f"/leads/?{tags}").content.decode()

    assert page.count("data-row-link") == 1


def test_a_rule_in_the_url_filters_the_list(as_alice):
    a_lead(last_name="Dutch", country="NL")
    a_lead(last_name="German", country="DE")
    rule = '{"all": [{"field": "lead.country", "op": "is", "value": "NL"}]}'

    page = as_alice.get("/leads/", {"rule": rule}).content.decode()

    assert "Dutch" in page
    assert "German" not in page


def test_an_empty_list_says_how_to_begin(as_alice):
    assert "Put a form online" in as_alice.get("/leads/").content.decode()


def test_filters_that_match_nothing_say_which_one_to_drop(as_alice):
    a_lead()

    assert "Without “Stage” there would be 1." in as_alice.get("/leads/?stage=sql").content.decode()


def test_adding_a_lead_by_hand_opens_her_page(as_bob, bob):
    response = as_bob.post("/leads/new/", {"last_name": "Hofmann", "email": "lena@hofmann.example"})

    lead = Lead.objects.get()
    assert (response.status_code, response["Location"]) == (303, lead.get_absolute_url())
    assert lead.owner == bob


def test_a_lead_without_any_name_is_refused_with_a_remedy(as_bob):
    response = as_bob.post("/leads/new/", {"job_title": "CEO"})

    assert response.status_code == 422
    assert "Enter a name, an email or a phone number." in response.content.decode()


def test_the_page_of_a_lead_shows_who_she_is(as_bob, bob):
    lead = a_lead("ann@kessler.example", first_name="Ann", last_name="Kessler", owner=bob)

    page = as_bob.get(lead.get_absolute_url()).content.decode()

    assert "Ann Kessler" in page
    assert "ann@kessler.example" in page


def test_editing_on_an_old_version_is_refused(as_bob, bob):
    lead = a_lead(last_name="Kessler", owner=bob)
    leads.update(lead, values={"city": "Gent"}, by=None)

    values = {"last_name": "X", "company_name": "Acme", "direction": "inbound", "version": 1}
    response = as_bob.post(f"/leads/{lead.pk}/edit/", values)

    assert response.status_code == 409
    assert Lead.objects.get().last_name == "Kessler"
    assert not Company.objects.filter(name="Acme").exists()


def test_a_note_a_call_and_a_next_step_are_kept(as_bob, bob):
    lead = a_lead(owner=bob)
    base = f"/leads/{lead.pk}"

    as_bob.post(f"{base}/note/", {"note-text": "Roof is flat"})
    as_bob.post(f"{base}/activity/", {"activity-kind": "call", "activity-subject": "First call"})
    as_bob.post(
        f"{base}/activity/",
        {
            "activity-kind": "todo",
            "activity-subject": "Offer",
            "activity-due_at": "2030-01-01T10:00",
        },
    )

    lead.refresh_from_db()
    assert lead.notes.get().text == "Roof is flat"
    assert lead.last_activity_at
    assert lead.next_step_at.year == 2030


def test_done_and_undo_move_the_next_step(as_bob, bob):
    lead = a_lead(owner=bob)
    step = activities.plan(kind="todo", subject="Offer", lead=lead, owner=bob, due_at=NOON, by=bob)

    as_bob.post(f"/activities/{step.pk}/done/")
    assert Lead.objects.get().next_step_at is None
    as_bob.post(f"/activities/{step.pk}/undo/")

    assert Lead.objects.get().next_step_at == NOON
    assert Activity.objects.get().done_at is None


def test_a_viewer_sees_no_contact_fields(client, vera, bob):
    lead = a_lead("ann@kessler.example", owner=bob)
    client.force_login(vera)

    for page in (lead.get_absolute_url(), "/leads/?cols=name,email,phone"):
        assert "ann@kessler" not in client.get(page).content.decode()


def test_bulk_acts_reach_only_what_the_user_may_change(client, mia, bob, carl):
    mine, theirs = a_lead(owner=bob), a_lead(owner=carl)
    client.force_login(mia)

    client.post("/leads/bulk/assign/", {"ids": [mine.pk, theirs.pk], "owner": mia.pk})

    assert Lead.objects.get(pk=mine.pk).owner == mia
    assert Lead.objects.get(pk=theirs.pk).owner == carl


def test_all_of_a_list_means_all_that_its_filters_match(as_alice):
    dutch, german = a_lead(country="NL"), a_lead(country="DE")
    rule = '{"all":[{"field":"lead.country","op":"is","value":"NL"}]}'

    as_alice.post("/leads/bulk/stage/", {"all": "1", "query": f"rule={rule}", "to": LeadStage.MQL})

    assert Lead.objects.get(pk=dutch.pk).stage == "mql"
    assert Lead.objects.get(pk=german.pk).stage == "lead"


def test_merging_shows_both_sides_and_keeps_the_older(as_alice):
    old, new = a_lead(at=NOON.replace(month=1)), a_lead(job_title="CEO")

    page = as_alice.get(f"/leads/{new.pk}/merge/?other={old.pk}").content.decode()
    as_alice.post(f"/leads/{new.pk}/merge/", {"other": old.pk})

    assert "taken over" in page
    assert ("2 Jan 2026, " in page, "p.m." in page) == (True, False)
    assert as_alice.get(new.get_absolute_url())["Location"] == old.get_absolute_url()


def test_the_trash_gives_back(as_alice):
    lead = a_lead(last_name="Kessler")
    as_alice.post(f"/leads/{lead.pk}/trash/")
    assert "Kessler" in as_alice.get("/leads/trash/").content.decode()

    as_alice.post(f"/leads/{lead.pk}/restore/")

    assert as_alice.get(lead.get_absolute_url()).status_code == 200


def test_erasing_needs_the_name(as_alice):
    lead = a_lead(first_name="Ann", last_name="Kessler")

    assert as_alice.post(f"/leads/{lead.pk}/erase/", {"confirm": "Ann"}).status_code == 422
    as_alice.post(f"/leads/{lead.pk}/erase/", {"confirm": "ann kessler"})

    assert Lead.objects.get().last_name == "Erased person"


def test_consent_by_hand_needs_the_words_as_proof(as_bob, bob):
    lead = a_lead(owner=bob)

    assert (
        as_bob.post(
            f"/leads/{lead.pk}/consent/", {"channel": "email", "state": "given"}
        ).status_code
        == 422
    )
    as_bob.post(
        f"/leads/{lead.pk}/consent/",
        {"channel": "email", "state": "given", "text": "Yes, on the phone"},
    )

    assert Consent.objects.get().text == "Yes, on the phone"


def test_the_picked_leads_alone_are_exported(as_alice):
    wanted = a_lead(last_name="Wanted")
    a_lead(last_name="Other")

    answer = as_alice.post("/leads/export/", {"ids": [wanted.pk], "query": ""})
    body = b"".join(answer.streaming_content).decode()

    assert "Wanted" in body
    assert "Other" not in body


def test_abuse_E04_a_picked_lead_of_another_team_is_not_exported(client, mia, carl):
    hers = a_lead(last_name="Foreign", owner=carl)
    client.force_login(mia)

    answer = client.post("/leads/export/", {"ids": [hers.pk], "query": ""})

    assert "Foreign" not in b"".join(answer.streaming_content).decode()


def test_abuse_G01_an_exported_name_is_no_formula(as_alice):
    a_lead(last_name="=cmd|'/C calc'!A0")

    body = b"".join(as_alice.post("/leads/export/").streaming_content).decode()

    assert "'=cmd" in body
    assert ",=cmd" not in body


def test_search_finds_whatever_the_case_and_accents(as_bob, bob):
    a_lead(first_name="Zoë", last_name="Müller", owner=bob)

    assert "Zoë Müller" in as_bob.get("/search/?q=zoe+muller").content.decode()


def test_my_day_orders_late_before_today_and_names_idle_leads(as_bob, bob):
    late, idle = a_lead(last_name="Late", owner=bob), a_lead(last_name="Idle", owner=bob)
    activities.plan(kind="call", subject="Call", lead=late, owner=bob, due_at=NOON, by=bob)
    leads.advance(idle, to=LeadStage.MQL, by=None)

    page = as_bob.get("/my-day/").content.decode()

    assert page.index("Late") < page.index("Idle")
    assert "Never touched" in page


def test_a_company_page_shows_its_people_and_counts_the_others(as_bob, bob, carl):
    mine = a_lead("a@kessler.example", last_name="Mine", owner=bob)
    a_lead("b@kessler.example", last_name="Theirs", owner=carl)

    page = as_bob.get(mine.company.get_absolute_url()).content.decode()

    assert "Mine" in page
    assert "Theirs" not in page
    assert "1 more person belongs to other teams." in page


def test_an_admin_of_an_empty_workspace_sees_what_to_do_first_and_puts_it_away(as_alice):
    assert "Your first week" in as_alice.get("/my-day/").content.decode()

    as_alice.post("/my-day/checklist/hide/")

    assert "Your first week" not in as_alice.get("/my-day/").content.decode()


def test_tags_are_put_on_a_lead_and_taken_off_on_her_page(as_alice):
    lead = a_lead()

    as_alice.post(f"/leads/{lead.pk}/tag/", {"name": "warm"})
    assert "warm" in as_alice.get(lead.get_absolute_url()).content.decode()

    as_alice.post(f"/leads/{lead.pk}/untag/", {"name": "warm"})
    assert list(lead.tags.all()) == []
    told = Event.objects.filter(kind="lead.tagged", lead_id=lead.pk).order_by("id")
    assert [event.data["fields"] for event in told] == [["+warm"], ["-warm"]]


def bounced(reason="hard_bounce", **fields):
    lead = a_lead("gone@kessler.example", **fields)
    addresses.suppress(email=lead.email, reason=reason, by=None, detail="5.1.1 no such user")
    return lead


def test_a_bounced_address_is_told_on_the_lead_page_and_released_by_an_admin(as_alice):
    lead = bounced()
    page = as_alice.get(lead.get_absolute_url()).content.decode()
    assert "The address does not exist" in page
    assert "5.1.1 no such user" in page

    as_alice.post(f"/leads/{lead.pk}/release/", {"purpose": "", "why": "They mended the mailbox"})

    assert not addresses.is_suppressed(lead.email)
    event = Event.objects.get(kind="address.released", lead_id=lead.pk)
    assert event.data["reason"] == "They mended the mailbox"
    assert (
        "The address does not exist" not in as_alice.get(lead.get_absolute_url()).content.decode()
    )


def test_a_release_needs_a_reason(as_alice):
    lead = bounced()

    assert as_alice.post(f"/leads/{lead.pk}/release/", {"why": " "}).status_code == 422
    assert addresses.is_suppressed(lead.email)


def test_a_complaint_is_never_taken_back(as_alice):
    lead = bounced("complaint")

    assert "Take off the list" not in as_alice.get(lead.get_absolute_url()).content.decode()
    assert as_alice.post(f"/leads/{lead.pk}/release/", {"why": "Please"}).status_code == 409


def test_a_rep_sees_the_bounce_and_cannot_release_it(as_bob, bob):
    lead = bounced(owner=bob)

    page = as_bob.get(lead.get_absolute_url()).content.decode()

    assert "The address does not exist" in page
    assert "Take off the list" not in page
    assert as_bob.post(f"/leads/{lead.pk}/release/", {"why": "Please"}).status_code == 403


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_a_lead_came_to_us_or_we_went_to_her_as_her_source_says(as_alice, direction):
    source = a_source(direction=direction)

    lead = a_lead(source=source)

    assert lead.direction == direction
    other = "outbound" if direction == "inbound" else "inbound"
    as_alice.post(f"/leads/{lead.pk}/edit/", {"last_name": "X", "direction": other, "version": 1})
    lead.refresh_from_db()
    assert lead.direction == other


@pytest.mark.parametrize(
    ("place", "guide"),
    [("/deals/7/", "pipeline"), ("/leads/", "rep"), ("/settings/users/", "admin")],
)
def test_help_leads_to_the_guide_of_the_page(as_alice, place, guide):
    assert as_alice.get("/help/", {"from": place})["Location"] == f"/help/{guide}/"
    assert "<h1>" in as_alice.get(f"/help/{guide}/").content.decode()


def test_a_guide_that_does_not_exist_is_not_found(as_alice):
    assert as_alice.get("/help/secrets/").status_code == 404


def test_the_dialogs_of_a_lead_ask_a_due_time_of_a_plan_and_none_of_a_call(as_bob, bob):
    page = as_bob.get(a_lead(owner=bob).get_absolute_url()).content.decode()
    call = page[page.index('<dialog class="lf-dialog" id="call"') :].split("</dialog>")[0]
    todo = page[page.index('<dialog class="lf-dialog" id="todo"') :].split("</dialog>")[0]

    assert 'name="activity-subject"' in call
    assert "due_at" not in call
    assert 'value="todo"' not in call
    assert 'value="todo" selected' in todo
    assert re.search(r'name="activity-due_at"[^>]* required', todo)


def test_the_page_of_a_lead_offers_her_own_link_to_what_can_be_booked(as_bob, bob, client, vera):
    lead, meeting = a_lead(owner=bob), a_meeting(bob, name="Demo")

    page = as_bob.get(lead.get_absolute_url()).content.decode()

    token = re.search(rf"{meeting.public_path}\?for=([^\"]+)", page)[1]
    assert links.known_lead(meeting, token) == lead
    client.force_login(vera)
    assert "?for=" not in client.get(lead.get_absolute_url()).content.decode()


def test_what_is_done_leads_to_no_page_of_strangers(as_bob, bob):
    lead = a_lead(owner=bob)
    step = activities.plan(kind="call", subject="Ring", lead=lead, owner=bob, due_at=NOON, by=bob)

    answer = as_bob.post(f"/activities/{step.pk}/done/", {"next": r"/\strangers.example"})

    assert answer["Location"] == lead.get_absolute_url()
