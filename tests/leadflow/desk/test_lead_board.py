"""The board of leads: who sees what, what may follow what, two people on one card, taken back."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.errors import Conflict, Invalid, StaleVersion
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Lead, LeadCycle, LeadStage, Organisation
from leadflow.services import leads
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


def column(page, stage):
    return re.search(rf'data-column="{stage}".*?</section>', page, re.DOTALL)[0]


def board(client, query=""):
    return client.get(f"/leads/board/{query}").content.decode()


def put(client, lead, to, **values):
    return client.post(f"/leads/{lead.pk}/move/", {"column": to, **values}, headers=HTMX)


def undo_of(answer):
    return re.search(r'"undo": "([^"]+)"', answer.headers["HX-Trigger"])[1]


def many(owner, count, stage=LeadStage.LEAD):
    at = clock.now()
    Lead.objects.bulk_create(
        Lead(
            last_name=f"Lead {number:05}", stage=stage, furthest_stage=stage, stage_since=at,
            created_at=at - timedelta(minutes=number), owner=owner, assigned_at=at,
            next_step_at=at + timedelta(hours=number) if number % 3 else None,
        )
        for number in range(count)
    )  # fmt: skip


def test_leads_stand_in_the_column_of_their_stage(bobs, bob):
    lead = a_lead(owner=bob, last_name="Berg", stage=LeadStage.MQL)

    page = board(bobs)

    assert lead.name in column(page, "mql")
    assert lead.name not in column(page, "lead")
    assert "1 leads" in page


def test_a_column_says_from_where_it_takes_cards(bobs):
    page = board(bobs)

    assert 'data-takes="lead subscriber' in page or 'data-takes="subscriber lead' in page
    assert 'data-takes=""' in column(page, "subscriber")


def test_a_move_goes_through_the_lifecycle_and_is_on_record(bobs, bob):
    lead = a_lead(owner=bob)

    answer = put(bobs, lead, "mql", version=lead.version)

    assert answer.status_code == 204
    assert "Moved to MQL" in answer.headers["HX-Trigger"]
    assert Lead.objects.get().stage == "mql"
    assert Event.objects.filter(kind="lead.advanced", actor_id=bob.pk).count() == 1


def test_a_move_that_does_not_follow_is_told_and_not_made(bobs, bob):
    lead = a_lead(owner=bob, stage=LeadStage.MQL)

    answer = put(bobs, lead, "subscriber", version=lead.version)

    assert answer.status_code == 409
    assert "A lead cannot go from MQL to Subscriber" in answer.content.decode()


@pytest.mark.parametrize("to", ["", "gone", "12", "OPPORTUNITY"])
def test_a_drop_on_a_stage_that_is_none_is_told(bobs, bob, to):
    assert put(bobs, a_lead(owner=bob), to).status_code == 422


def test_undo_puts_stage_and_stamps_back(bobs, bob):
    lead = a_lead(owner=bob)
    before = Lead.objects.get()

    answer = put(bobs, lead, "sql", version=before.version)
    assert LeadCycle.objects.get().sql_at is not None
    bobs.post(undo_of(answer), headers=HTMX)

    after = Lead.objects.get()
    names = ("stage", "furthest_stage", "stage_since", "status", "disposition")
    assert [getattr(after, n) for n in names] == [getattr(before, n) for n in names]
    assert LeadCycle.objects.get().sql_at is None
    assert after.version > before.version


def test_undo_after_somebody_elses_change_is_told_and_nothing_happens(bob, mia):
    lead = a_lead(owner=bob)
    memory = leads.memory_of(leads.move(lead, to="mql", by=bob), bob)
    leads.move(Lead.objects.get(), to="sal", by=mia)

    with pytest.raises(StaleVersion, match="Mia moved this lead to Accepted"):
        leads.undo_many(memory, by=bob)

    assert Lead.objects.get().stage == "sal"


def test_undo_is_for_who_moved_and_for_a_minute(bob, mia, monkeypatch):
    lead = a_lead(owner=bob)
    memory = leads.memory_of(leads.move(lead, to="mql", by=bob), bob)

    with pytest.raises(Invalid, match="nothing to undo"):
        leads.undo_many(memory, by=mia)
    with pytest.raises(Invalid, match="nothing to undo"):
        leads.undo_many(memory[:-2] + "xx", by=bob)
    monkeypatch.setattr("leadflow.services.undoing.UNDO_FOR", timedelta(seconds=-1))
    with pytest.raises(Conflict, match="too late"):
        leads.undo_many(memory, by=bob)


def test_two_on_one_card_the_second_is_told_who_was_first(bobs, bob, mia):
    lead = a_lead(owner=bob)
    leads.move(lead, to="sal", by=mia)

    answer = put(bobs, lead, "mql", version=lead.version)

    assert answer.status_code == 409
    assert "Mia moved this lead to Accepted" in answer.content.decode()
    assert Lead.objects.get().stage == "sal"


def test_the_way_to_deal_asks_for_the_deal_first(bobs, bob):
    lead = a_lead(owner=bob)

    answer = put(bobs, lead, "opportunity", version=lead.version)

    assert answer.status_code == 202
    assert answer.headers["HX-Redirect"] == f"/deals/convert/{lead.pk}/"
    assert Lead.objects.get().stage == "lead"


def test_picked_cards_move_together_and_the_rest_is_named(bobs, bob):
    one = a_lead(owner=bob, email="one@a.example", last_name="One")
    two = a_lead(owner=bob, email="two@a.example", last_name="Two", stage=LeadStage.SQL)
    cards = [f"{one.pk}:{one.version}", f"{two.pk}:{two.version}"]

    answer = bobs.post("/leads/board/move/", {"column": "mql", "cards": cards}, headers=HTMX)

    assert "1 moved to MQL. Held back: " in answer.headers["HX-Trigger"]
    assert "Two" in answer.headers["HX-Trigger"]
    bobs.post(undo_of(answer), headers=HTMX)
    assert Lead.objects.get(pk=one.pk).stage == "lead"


def test_a_poll_is_empty_until_a_fact_was_handed_on(bobs, bob, drain_events):
    lead = a_lead(owner=bob)
    drain_events()
    revision = re.search(r'data-revision="(\d+)"', board(bobs))[1]

    quiet = bobs.get(f"/leads/board/?since={revision}", headers=HTMX)
    leads.move(Lead.objects.get(pk=lead.pk), to="mql", by=bob)
    drain_events()
    news = bobs.get(f"/leads/board/?since={revision}", headers=HTMX)

    assert (quiet.status_code, news.status_code) == (204, 200)
    assert "<html" not in news.content.decode()


@pytest.mark.parametrize("sort", ["-created", "next", "-score", "stage"])
def test_every_order_pages_through_all_cards_once(bobs, bob, sort):
    many(bob, 120)

    page = column(board(bobs, f"?sort={sort}"), "lead")
    seen = re.findall(r'id="lf-card-(\d+)"', page)
    while found := re.search(r'hx-get="(/leads/board/more/[^"]+)"', page):
        page = bobs.get(found[1].replace("&amp;", "&"), headers=HTMX).content.decode()
        seen += re.findall(r'id="lf-card-(\d+)"', page)

    assert len(seen) == len(set(seen)) == 120


def test_5000_leads_cost_what_60_cost_and_are_not_counted_to_the_end(bobs, bob):
    many(bob, 60)
    board(bobs)
    with CaptureQueriesContext(connection) as few:
        small = board(bobs)
    many(bob, 4_940)

    with CaptureQueriesContext(connection) as lots:
        large = board(bobs)

    assert len(lots) == len(few)
    assert len(large) < len(small) * 1.05
    assert "1,000+" in large
    assert "more than 1,000 leads" in large


def test_a_rule_and_a_view_of_the_list_narrow_the_board(bobs, bob):
    a_lead(owner=bob, email="de@a.example", last_name="German", country="DE")
    a_lead(owner=bob, email="fr@a.example", last_name="French", country="FR")
    rule = '{"all":[{"field":"lead.country","op":"is","value":"DE"}]}'

    page = bobs.get("/leads/board/", {"rule": rule}).content.decode()

    assert "German" in page
    assert "French" not in page


def test_who_may_not_move_leads_sees_them_without_a_hand(client, max, bob):
    lead = a_lead(owner=bob)
    client.force_login(max)

    page = board(client)

    assert lead.name in page
    assert "data-movable" not in page
    assert put(client, lead, "mql").status_code == 403


def test_abuse_E02_a_lead_of_another_team_is_not_moved(bobs, carl):
    lead = a_lead(owner=carl)

    assert put(bobs, lead, "mql").status_code == 404
    assert Lead.objects.get().stage == "lead"


def test_abuse_E04_the_board_names_no_lead_of_others_and_picked_ones_stay(bobs, bob, carl):
    lead = a_lead(owner=carl, last_name="Secretive")
    cards = [f"{lead.pk}:{lead.version}"]

    page = board(bobs)
    answer = bobs.post("/leads/board/move/", {"column": "mql", "cards": cards}, headers=HTMX)

    assert "Secretive" not in page + answer.headers["HX-Trigger"]
    assert Lead.objects.get().stage == "lead"


# what a column says, and who stands too long in it


def standing(bob, days, stage=LeadStage.MQL, **fields):
    lead = a_lead(owner=bob, stage=stage)
    since = clock.now() - timedelta(days=days)
    Lead.objects.filter(pk=lead.pk).update(stage_since=since, **fields)
    return lead


def test_who_stands_longer_than_planned_is_marked(bobs, bob):
    standing(bob, 7)
    standing(bob, 6)

    page = column(board(bobs), "mql")

    assert page.count("In stage") == 1
    assert "In stage 7 days, plan is 7" in page


def test_a_stage_without_a_plan_marks_nobody(bobs, bob):
    Organisation.current()
    Organisation.objects.update(stage_days={"lead": 30})
    standing(bob, 400)

    assert "In stage" not in column(board(bobs), "mql")


def test_the_head_tells_who_is_too_long_there_and_who_has_no_next_step(bobs, bob):
    standing(bob, 9)
    standing(bob, 1, next_step_at=clock.now() + timedelta(days=1))

    page = board(bobs)

    assert "1 too long, 1 no next step" in column(page, "mql")
    assert "from Subscriber" in column(page, "lead")


def test_a_full_column_is_summed_beyond_the_cards_that_are_shown(bobs, bob):
    many(bob, 120)
    Lead.objects.update(stage_since=clock.now() - timedelta(days=31))

    assert "120 too long, 40 no next step" in column(board(bobs), "lead")


def test_the_board_costs_as_many_queries_with_many_cards_as_with_few(bobs, bob):
    def cost():
        with CaptureQueriesContext(connection) as told:
            board(bobs)
        return len(told)

    many(bob, 60)
    board(bobs)
    few = cost()
    many(bob, 200)

    assert cost() == few


# somebody new, where the column is


def add(client, stage="lead", **values):
    data = {f"new-{key}": value for key, value in values.items()}
    return client.post(f"/leads/board/add/?column={stage}", data, headers=HTMX)


def test_somebody_new_is_added_in_her_column(bobs, bob):
    assert "data-col-add" in column(board(bobs), "sql")

    answer = add(bobs, "sql", name="Ada King Lovelace", email="ada@north.example", company="North")

    lead = Lead.objects.get()
    assert (lead.first_name, lead.last_name, lead.stage) == ("Ada King", "Lovelace", "sql")
    assert (lead.owner, lead.company.name) == (bob, "North")
    assert "Ada King Lovelace added to SQL" in answer.headers["HX-Trigger"]
    assert "lf:board" in answer.headers["HX-Trigger"]


def test_what_was_typed_stays_in_the_column_where_it_cannot_be_taken(bobs):
    answer = add(bobs, name="Ada", email="nonsense")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="nonsense"' in page
    assert "<html" not in page
    assert not Lead.objects.exists()


def test_nobody_is_added_without_a_name_or_an_address(bobs):
    assert "Enter a name, an email or a phone number." in add(bobs).content.decode()


def test_who_is_known_stays_where_she_stands(bobs, bob):
    lead = a_lead("ada@north.example", owner=bob, last_name="King", stage=LeadStage.LEAD)

    answer = add(bobs, "sql", email="ada@north.example", name="Ada King")

    lead.refresh_from_db()
    assert lead.stage == "lead"
    assert "was known already and stands in Lead" in answer.headers["HX-Trigger"]


def test_abuse_E02_of_a_known_lead_out_of_reach_no_more_is_told_than_that(bobs, carl):
    lead = a_lead("ada@north.example", owner=carl, last_name="Secret")

    answer = add(bobs, "sql", email="ada@north.example", name="Ada")

    lead.refresh_from_db()
    assert (lead.stage, lead.owner) == ("lead", carl)
    assert "Secret" not in answer.headers["HX-Trigger"]


def test_abuse_E01_a_marketer_gives_no_stage_of_sales(client, max):
    client.force_login(max)

    assert add(client, "sql", name="Ada").status_code == 403
    assert add(client, "lead", name="Ada").status_code == 204
    assert "data-col-add" not in column(board(client), "sql")


@pytest.mark.parametrize("stage", ["customer", "opportunity", "nonsense", ""])
def test_a_deal_or_a_customer_is_not_begun_here(bobs, stage):
    assert add(bobs, stage, name="Ada").status_code == 404


def test_without_the_script_the_form_is_a_page(bobs):
    page = bobs.get("/leads/board/add/?column=mql").content.decode()

    assert "<html" in page
    assert "New in MQL" in page


def test_beyond_the_cap_of_the_count_more_cards_come_as_long_as_pages_are_full(
    bobs, bob, monkeypatch
):
    monkeypatch.setattr("leadflow.desk.board.COUNT_CAP", 60)
    many(bob, 130)
    page, seen = board(bobs), 50
    while link := re.search(r'hx-get="(/leads/board/more/[^"]+)"', page):
        page = bobs.get(link[1].replace("&amp;", "&"), headers=HTMX).content.decode()
        seen += page.count('data-card="')

    assert seen == 130


def test_a_page_read_anew_ends_with_the_card_that_ended_it(bobs, bob):
    many(bob, 120)
    [link] = re.findall(r'hx-get="(/leads/board/more/[^"]+)"', column(board(bobs), "lead"))
    url = link.replace("&amp;", "&")
    keys = re.findall(r'data-card="(\d+)"', bobs.get(url, headers=HTMX).content.decode())
    Lead.objects.filter(pk=keys[10]).update(stage=LeadStage.MQL)
    between = Lead.objects.get(pk=keys[20])
    a_new = Lead.objects.create(
        last_name="Between", owner=bob, assigned_at=clock.now(), stage=LeadStage.LEAD,
        stage_since=clock.now(),
        created_at=between.created_at - timedelta(seconds=1),
    )  # fmt: skip

    again = bobs.get(f"{url}&until={keys[-1]}", headers=HTMX).content.decode()
    lost = bobs.get(f"{url}&until=0", headers=HTMX).content.decode()

    expected = [key for key in keys if key != keys[10]]
    expected.insert(expected.index(keys[20]) + 1, str(a_new.pk))
    assert re.findall(r'data-card="(\d+)"', again) == expected
    assert lost.count('data-card="') == 50
