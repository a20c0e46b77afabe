"""Every screen of the pipeline answers, refuses in words, and never reaches out of scope."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from leadflow.kit import clock
from leadflow.models import Activity, CustomField, Note
from pipeline.models import Deal, LostReason, Pipeline, PipelineStage, Product
from pipeline.services import converting, deals, pipelines
from qualification.services import bant
from tests.factories import pipeline as make
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def test_the_board_shows_columns_with_count_sum_and_weight(as_, bob):
    make.deal(bob, name="Rooftop 96 kWp", amount=Decimal(81600), company=make.company("Oakridge"))

    page = as_(bob).get("/deals/").content.decode()

    assert "Rooftop 96 kWp" in page
    assert "Oakridge" in page
    assert "€81,600" in page
    assert "€82k, weighted €16k at 20 %" in page
    assert "1 open, €81,600. Weighted €16,320" in page
    assert "No next step" in page


def test_a_poll_is_empty_while_nothing_changed(as_, bob):
    deal = make.deal(bob)
    client = as_(bob)
    revision = deal.pipeline.revision.number

    quiet = client.get(f"/deals/?since={revision}", headers=HTMX)
    deals.move(deal, to=make.stage("Proposal"), by=bob)
    news = client.get(f"/deals/?since={revision}", headers=HTMX)

    assert (quiet.status_code, news.status_code) == (204, 200)
    assert 'id="lf-board"' in news.content.decode()
    assert "<html" not in news.content.decode()


def test_a_moved_card_answers_with_a_toast_that_takes_it_back(as_, bob):
    deal = make.deal(bob)
    client = as_(bob)

    moved = client.post(
        f"/deals/{deal.pk}/move/",
        {"column": make.stage("Proposal").pk, "version": deal.version},
        headers=HTMX,
    )
    undo = re.search(r'"undo": "([^"]+)"', moved.headers["HX-Trigger"])[1]
    client.post(undo, headers=HTMX)

    assert moved.status_code == 204
    assert "Moved to Proposal" in moved.headers["HX-Trigger"]
    assert Deal.objects.get().stage.name == "Qualified"


def test_a_stale_move_is_told_in_a_strip(as_, bob, mia):
    deal = make.deal(bob)
    deals.move(deal, to=make.stage("Negotiation"), by=mia)

    answer = as_(bob).post(
        f"/deals/{deal.pk}/move/",
        {"column": make.stage("Proposal").pk, "version": deal.version},
        headers=HTMX,
    )

    assert answer.status_code == 409
    assert "Mia moved this deal to Negotiation" in answer.content.decode()


@pytest.mark.parametrize("column", ["", "999999", "x", "-1"])
def test_a_drop_on_a_stage_that_is_gone_is_told(as_, bob, column):
    answer = as_(bob).post(f"/deals/{make.deal(bob).pk}/move/", {"column": column}, headers=HTMX)

    assert answer.status_code == 422
    assert "gone" in answer.content.decode()


def test_a_column_shows_more_by_key(as_, bob):
    for number in range(53):
        make.deal(bob, name=f"Deal no {number:02}")
    client = as_(bob)

    first = client.get("/deals/?sort=rank").content.decode()
    url = re.search(r'hx-get="(/deals/more/[^"]+)"', first)[1].replace("&amp;", "&")
    rest = client.get(url, headers=HTMX).content.decode()

    assert "Show 3 more" in first
    assert len(re.findall("Deal no", rest.replace("title=", ""))) >= 3
    assert "Show" not in rest
    shown = set(re.findall(r'id="lf-card-(\d+)"', first + rest))
    assert len(shown) == 53


def test_a_board_with_opened_pages_keeps_them_when_it_is_read_again(as_, bob):
    for _each in range(60):
        make.deal(bob)
    stage = make.stage()

    page = as_(bob).get(f"/deals/?since=0&shown={stage.pk}:60", headers=HTMX).content.decode()

    assert len(re.findall(r'id="lf-card-', page)) == 60


def test_the_owner_filter_leaves_the_others_out(as_, mia, bob, north):
    make.deal(bob, name="Of Bob")
    make.deal(mia, name="Of Mia")

    page = as_(mia).get(f"/deals/?owner={bob.pk}").content.decode()

    assert "Of Bob" in page
    assert "Of Mia" not in page


def test_another_pipeline_is_chosen_by_the_url(as_, bob):
    pipelines.ensure_default()
    other = pipelines.create(name="Service", by=None)
    make.deal(bob, name="Here it is")
    make.deal(bob, name="There", stage=make.stage("Qualified", other))

    page = as_(bob).get(f"/deals/?pipeline={other.pk}").content.decode()

    assert "There" in page
    assert "Here it is" not in page


def test_won_asks_amount_and_day_before_it_closes(as_, bob):
    deal = make.deal(bob, amount=None)
    client = as_(bob)

    asked = client.get(f"/deals/{deal.pk}/win/", headers=HTMX)
    refused = client.post(f"/deals/{deal.pk}/win/", {"on": "2020-01-01"}, headers=HTMX)
    today = clock.now().date().isoformat()
    won = client.post(
        f"/deals/{deal.pk}/win/",
        {"amount": "900", "on": today, "version": deal.version},
        headers=HTMX,
    )

    assert "Close as won" in asked.content.decode()
    assert refused.status_code == 422
    assert won.status_code == 204
    assert "lf:close-dialog" in won.headers["HX-Trigger"]
    assert Deal.objects.get().amount == 900


def test_a_deal_is_closed_on_a_page_of_its_own_which_leads_back_to_the_deal(as_, bob):
    deal = make.deal(bob, amount=None)
    client = as_(bob)
    url = f"/deals/{deal.pk}/win/"

    asked = client.get(url)
    refused = client.post(url, {"on": "2020-01-01"})
    today = clock.now().date().isoformat()
    won = client.post(url, {"amount": "900", "on": today, "version": deal.version})

    for page in (asked, refused):  # a form that htmx sends stays where it is, in a dialog
        assert not re.search(r"<form[^>]*hx-post", page.content.decode())
    assert refused.status_code == 422
    assert (won.status_code, won.headers["Location"]) == (303, deal.get_absolute_url())


def test_a_deal_is_won_on_the_day_it_was_opened_whatever_the_hour(as_, bob):
    evening = timezone.localtime(clock.now() - timedelta(days=3)).replace(hour=19)
    deal = make.deal(bob, at=evening)

    answer = as_(bob).post(
        f"/deals/{deal.pk}/win/",
        {"amount": "10", "on": f"{evening:%Y-%m-%d}", "version": deal.version},
    )

    deal.refresh_from_db()
    assert answer.status_code == 303
    assert (deal.status, deal.won_at) == ("won", deal.opened_at)


def test_a_win_before_the_deal_was_opened_names_the_day_where_the_reader_is(as_, bob):
    late = timezone.localtime(clock.now() - timedelta(days=3)).replace(hour=0, minute=30)
    deal = make.deal(bob, at=late)

    page = as_(bob).post(
        f"/deals/{deal.pk}/win/",
        {"amount": "10", "on": f"{late - timedelta(days=1):%Y-%m-%d}", "version": deal.version},
    )

    words = f"The deal was opened on {date_format(late, 'j M Y')}. Pick that day or a later one."
    assert words in page.content.decode()


def test_lost_asks_a_reason_and_the_competitor_it_names(as_, bob):
    deal = make.deal(bob)
    client = as_(bob)
    url = f"/deals/{deal.pk}/lose/"

    nothing = client.post(url, {})
    unnamed = client.post(url, {"reason": make.reason("Competitor").pk})
    lost = client.post(url, {"reason": make.reason("Price").pk})

    assert (nothing.status_code, unnamed.status_code, lost.status_code) == (422, 422, 303)
    assert "Name who won it" in unnamed.content.decode()
    assert Deal.objects.get().status == "lost"


def test_not_now_asks_when_to_come_back(as_, bob):
    deal = make.deal(bob)
    client = as_(bob)
    day = (clock.now() + timedelta(days=60)).date().isoformat()
    reason = make.reason("Timing").pk

    without = client.post(f"/deals/{deal.pk}/lose/?later=1", {"reason": reason})
    client.post(f"/deals/{deal.pk}/lose/?later=1", {"reason": reason, "return_on": day})

    assert without.status_code == 422
    assert Deal.objects.get().return_on.isoformat() == day


def test_a_closed_deal_is_opened_again_from_its_page(as_, bob):
    deal = deals.win(make.deal(bob), amount=Decimal(1), by=bob)

    as_(bob).post(f"/deals/{deal.pk}/reopen/")

    assert Deal.objects.get().status == "open"


def test_the_page_of_a_deal_shows_facts_steps_notes_and_history(as_, bob, mia):
    lead = make.lead(bob, first_name="Anna", last_name="Brandt")
    deal = make.deal(bob, name="Roof", lead=lead, company=make.company("Brandt AG"))
    client = as_(bob)
    client.post(f"/deals/{deal.pk}/note/", {"note-text": "Flat roof, good access"})
    due = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    client.post(
        f"/deals/{deal.pk}/plan/",
        {"step-kind": "call", "step-subject": "Ask for the plan", "step-due_at": due},
    )
    deals.move(deal, to=make.stage("Proposal"), by=mia)

    page = client.get(f"/deals/{deal.pk}/").content.decode()

    for words in (
        "Anna Brandt",
        "Brandt AG",
        "Flat roof",
        "Ask for the plan",
        "from Qualified to Proposal",
    ):
        assert words in page


def test_a_step_is_marked_as_done_from_the_page(as_, bob):
    deal = make.deal(bob)
    client = as_(bob)
    due = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    client.post(
        f"/deals/{deal.pk}/plan/", {"step-kind": "call", "step-subject": "Call", "step-due_at": due}
    )
    step = Activity.objects.get()

    client.post(f"/deals/{deal.pk}/steps/{step.pk}/done/")

    step.refresh_from_db()
    assert step.done_at


def test_a_refused_note_or_step_keeps_the_page_and_says_why(as_, bob):
    deal = make.deal(bob)
    client = as_(bob)

    assert client.post(f"/deals/{deal.pk}/note/", {"note-text": " "}).status_code == 422
    assert client.post(f"/deals/{deal.pk}/plan/", {}).status_code == 422
    assert not Note.objects.exists()


def test_a_deal_is_opened_by_hand(as_, bob):
    lead = make.lead(bob)
    CustomField.objects.create(subject="deal", key="roof", label="Roof", type="text")
    client = as_(bob)

    assert client.get("/deals/new/").status_code == 200
    client.post(
        "/deals/new/",
        {
            "name": "Roof", "stage": make.stage().pk, "company_name": "Brandt AG", "amount": "1200.50",
            "person": lead.email, "currency": "EUR", "custom_roof": "flat",
        },
    )  # fmt: skip

    deal = Deal.objects.get()
    assert (deal.name, deal.company.name, deal.lead, deal.owner) == ("Roof", "Brandt AG", lead, bob)
    assert (deal.amount, deal.custom) == (Decimal("1200.50"), {"roof": "flat"})


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("amount", "-1"), ("amount", "many"), ("currency", "ZZZ"), ("stage", "0"),
     ("person", "nobody@else.example"), ("expected_close_on", "31 June"), ("owner", "999")],
)  # fmt: skip
def test_a_deal_that_cannot_be_opened_says_where(as_, bob, field, value):
    values = {"name": "Roof", "stage": make.stage().pk, "currency": "EUR", "company_name": "New AG"}

    answer = as_(bob).post("/deals/new/", values | {field: value})

    assert answer.status_code == 422
    assert "lf-error" in answer.content.decode()
    assert not Deal.objects.exists()


def test_a_deal_is_edited_and_a_stale_edit_is_refused(as_, bob, mia):
    deal = make.deal(bob)
    client = as_(bob)
    values = {
        "name": "New name",
        "currency": "EUR",
        "amount": "5",
        "kind": "new",
        "version": deal.version,
    }
    assert client.get(f"/deals/{deal.pk}/edit/").status_code == 200

    saved = client.post(f"/deals/{deal.pk}/edit/", values)
    stale = client.post(f"/deals/{deal.pk}/edit/", values | {"name": "Other"})

    assert (saved.status_code, stale.status_code) == (303, 409)
    assert Deal.objects.get().name == "New name"


def test_the_lines_of_a_deal_are_typed_and_set_its_amount(as_, bob):
    deal = make.deal(bob)
    product = Product.objects.create(
        name="Panel", price=150, currency="EUR", created_at=clock.now()
    )
    client = as_(bob)
    form = {"line-TOTAL_FORMS": "2", "line-INITIAL_FORMS": "0", "version": deal.version}

    assert client.get(f"/deals/{deal.pk}/lines/").status_code == 200
    bad = client.post(
        f"/deals/{deal.pk}/lines/", form | {"line-0-quantity": "0", "line-0-text": "x"}
    )
    client.post(
        f"/deals/{deal.pk}/lines/",
        form
        | {
            "line-0-product": product.pk,
            "line-0-quantity": "4",
            "line-0-discount": "50",
            "line-1-quantity": "1",
        },
    )

    assert bad.status_code == 422
    assert Deal.objects.get().amount == 300


def test_a_trashed_deal_is_found_in_the_trash_and_taken_out(as_, mia, bob):
    deal = make.deal(bob, name="Roof")
    client = as_(mia)
    client.post(f"/deals/{deal.pk}/trash/")
    assert "Roof" in client.get("/deals/trash/").content.decode()

    client.post(f"/deals/{deal.pk}/restore/")

    assert Deal.objects.visible_to(bob).get() == deal


def test_the_list_filters_sorts_and_searches(as_, bob):
    won = deals.win(make.deal(bob, name="Won roof"), amount=Decimal(1), by=bob)
    make.deal(bob, name="Open roof")
    client = as_(bob)

    assert won.name in client.get("/deals/list/").content.decode()
    only_open = client.get("/deals/list/?status=open&sort=amount&q=roof").content.decode()
    nothing = client.get("/deals/list/?q=zebra").content.decode()

    assert "Open roof" in only_open
    assert "Won roof" not in only_open
    assert "No deal matches" in nothing


def test_the_export_guards_formulas_and_is_on_record(as_, mia, bob, recorded):
    make.deal(bob, name='=HYPERLINK("x")')

    answer = as_(mia).post("/deals/list/export/")
    text = b"".join(answer.streaming_content).decode()

    assert "'=HYPERLINK" in text
    assert recorded()[-1] == "data.exported"


def test_bulk_moves_assigns_and_trashes_only_what_she_may(as_, mia, bob, carl):
    mine, other = make.deal(bob), make.deal(carl)
    client = as_(mia)
    ids = [mine.pk, other.pk]

    client.post(
        "/deals/list/bulk/", {"ids": ids, "verb": "move", "stage": make.stage("Proposal").pk}
    )
    client.post("/deals/list/bulk/", {"ids": ids, "verb": "assign", "owner": mia.pk})
    refused = client.post("/deals/list/bulk/", {"ids": [other.pk], "verb": "trash"})

    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.stage.name, mine.owner) == ("Proposal", mia)
    assert (other.stage.name, other.owner) == ("Qualified", carl)
    assert refused.status_code == 422


def test_a_lead_is_converted_with_a_preview(as_, bob):
    lead = make.lead(bob)
    client = as_(bob)

    preview = client.get(f"/deals/convert/{lead.pk}/").content.decode()
    answer = client.post(
        f"/deals/convert/{lead.pk}/",
        {
            "what": "new",
            "name": "Roof",
            "stage": make.stage().pk,
            "company": lead.company.pk,
            "amount": "10",
        },
    )
    again = client.get(f"/deals/convert/{lead.pk}/")

    deal = Deal.objects.get()
    assert lead.company.name in preview
    assert answer.headers["Location"] == again.headers["Location"] == f"/deals/{deal.pk}/"


@pytest.mark.parametrize(
    "values",
    [
        {"what": "existing"},
        {"what": "new", "name": ""},
        {"what": "else"},
        {"what": "new", "name": "x", "amount": "-3"},
    ],
)
def test_a_conversion_that_says_too_little_is_refused(as_, bob, values):
    lead = make.lead(bob)
    values = {"stage": make.stage().pk} | values

    answer = as_(bob).post(f"/deals/convert/{lead.pk}/", values)

    assert answer.status_code == 422
    assert not Deal.objects.exists()


def test_deals_stand_on_the_pages_of_lead_and_company(as_, bob):
    lead = make.lead(bob)
    opening = deals.Opening(name="Roof", stage=make.stage())
    choice = converting.Choice(opening=opening, company=lead.company)
    converting.convert(lead, choice=choice, by=bob)
    client = as_(bob)

    of_lead = client.get(f"/deals/of-lead/{lead.pk}/", headers=HTMX).content.decode()
    of_company = client.get(f"/deals/of-company/{lead.company.pk}/", headers=HTMX).content.decode()

    assert "Roof" in of_lead
    assert "Roof" in of_company
    assert "<html" not in of_lead


def test_an_admin_makes_a_pipeline_and_its_stages(as_, alice):
    client = as_(alice)
    client.post("/settings/pipelines/", {"name": "Service"})
    pipeline = Pipeline.objects.get(name="Service")
    base = f"/settings/pipelines/{pipeline.pk}/"

    client.post(
        base + "stages/new/",
        {"name": "Visit", "kind": "open", "probability": "30", "category": "pipeline"},
    )
    stage = PipelineStage.objects.get(name="Visit")
    client.post(
        f"{base}stages/{stage.pk}/", {"name": "On site", "probability": "35", "category": "best"}
    )
    client.post(f"{base}stages/{stage.pk}/up/")
    client.post(base, {"name": "Service and repair", "probability_source": "manual"})

    pipeline.refresh_from_db()
    names = [one.name for one in pipeline.stages.all()]
    assert names[:6] == ["Qualified", "Discovery", "Proposal", "Negotiation", "On site", "Contract"]
    assert (pipeline.name, pipeline.counts_manual) == ("Service and repair", True)
    for url in (base, base + "stages/new/", f"{base}stages/{stage.pk}/", "/settings/pipelines/"):
        assert client.get(url).status_code == 200


def test_a_stage_with_deals_or_the_last_of_its_kind_stays(as_, alice, bob):
    deal = make.deal(bob)
    base = f"/settings/pipelines/{deal.pipeline_id}/stages/"
    client = as_(alice)

    held = client.post(f"{base}{deal.stage_id}/delete/")
    last = client.post(f"{base}{make.stage('Won').pk}/delete/")
    free = client.post(f"{base}{make.stage('Contract').pk}/delete/")

    assert (held.status_code, last.status_code, free.status_code) == (409, 409, 303)


@pytest.mark.parametrize("probability", ["0", "100", "-3", "x"])
def test_an_open_stage_has_a_probability_between(as_, alice, probability):
    pipeline = pipelines.ensure_default()

    answer = as_(alice).post(
        f"/settings/pipelines/{pipeline.pk}/stages/new/",
        {"name": "Odd", "kind": "open", "probability": probability, "category": "pipeline"},
    )

    assert answer.status_code == 422


def test_a_pipeline_with_open_deals_is_not_put_away(as_, alice, bob):
    deal = make.deal(bob)

    answer = as_(alice).post(f"/settings/pipelines/{deal.pipeline_id}/archive/")

    assert answer.status_code == 409


def test_reasons_and_products_are_kept_by_an_admin(as_, alice):
    client = as_(alice)

    client.post(
        "/settings/pipelines/lost-reasons/new/",
        {"name": "Weather", "position": "20", "counts": "on", "is_active": "on"},
    )
    client.post(
        "/settings/pipelines/products/new/",
        {"name": "Panel", "currency": "EUR", "price": "12", "is_active": "on"},
    )

    assert LostReason.objects.filter(name="Weather").exists()
    assert Product.objects.get().price == 12
    for slug in ("lost-reasons", "products"):
        assert client.get(f"/settings/pipelines/{slug}/").status_code == 200


def test_a_viewer_looks_but_does_not_touch(as_, vera, bob):
    deal = make.deal(bob, name="Roof")
    client = as_(vera)

    board = client.get("/deals/").content.decode()

    assert "Roof" in board
    assert "data-movable" not in board
    assert client.get(f"/deals/{deal.pk}/").status_code == 200
    assert client.post(f"/deals/{deal.pk}/move/", {"column": "1"}).status_code == 403


def detail_urls(deal, lead):
    names = [
        "deal", "deal-move", "deal-win", "deal-lose", "deal-reopen", "deal-edit", "deal-lines",
        "deal-plan", "deal-note",
    ]  # fmt: skip
    urls = [reverse(f"pipeline:{name}", args=[deal.pk]) for name in names]
    urls.append(reverse("pipeline:deal-step-done", args=[deal.pk, 1]))
    return [
        *urls,
        reverse("pipeline:convert", args=[lead.pk]),
        reverse("pipeline:unconvert", args=[lead.pk]),
        reverse("pipeline:of-lead", args=[lead.pk]),
    ]


def test_abuse_E02_no_door_of_a_deal_opens_to_another_team(as_, bob, carl):
    lead = make.lead(bob)
    deal = make.deal(bob, lead=lead, name="Secret roof")
    client = as_(carl)
    before = Deal.objects.filter(pk=deal.pk).values().get()

    for url in detail_urls(deal, lead):
        for answer in (client.get(url), client.post(url, {"column": make.stage("Proposal").pk})):
            assert answer.status_code in {404, 405}, url
            assert "Secret roof" not in answer.content.decode()
    assert Deal.objects.filter(pk=deal.pk).values().get() == before


def test_abuse_E04_no_secondary_door_names_another_teams_deal(as_, bob, carl):
    company = make.company()
    deal = make.deal(bob, name="Zqx marker", company=company)
    client = as_(carl)
    urls = [
        "/deals/", "/deals/?owner=" + str(bob.pk), "/deals/?since=0", "/deals/list/", "/deals/list/?q=zqx",
        f"/deals/more/?stage={deal.stage_id}&after=~0", f"/deals/of-company/{company.pk}/",
        "/deals/new/",
    ]  # fmt: skip

    for url in urls:
        assert "Zqx marker" not in client.get(url, headers=HTMX).content.decode(), url
    assert client.post("/deals/list/bulk/", {"ids": [deal.pk], "verb": "move"}).status_code == 422


@pytest.mark.parametrize("place", ["", "lost-reasons/", "products/", "products/new/"])
def test_what_an_admin_sets_about_deals_stands_beside_the_index_of_settings(as_, alice, place):
    page = as_(alice).get(f"/settings/pipelines/{place}").content.decode()

    index = page.split('class="lf-settings-index"')[1].split("</nav>")[0]
    current = "/settings/pipelines/" + place.removesuffix("new/")
    assert index.count('aria-current="page"') == 1
    assert f'href="{current}" aria-current="page"' in index


def test_a_lead_with_an_open_deal_leads_to_it_before_she_is_converted_again(as_, alice, bob):
    lead = a_lead("ann@kessler.example", owner=bob)
    client = as_(alice)
    assert "Convert to deal" in client.get(f"/leads/{lead.pk}/").content.decode()
    deal = make.deal(bob, lead=lead, name="Roof 96 kWp")

    page = client.get(f"/leads/{lead.pk}/").content.decode()

    assert f'href="{deal.get_absolute_url()}"' in page
    assert page.index("Open deal Roof 96 kWp") < page.index("Convert again")
    assert "Convert to deal" not in page


def test_a_lead_converted_in_her_present_cycle_has_one_deal_to_open(as_, alice, bob):
    lead = a_lead("ann@kessler.example", owner=bob)
    deal = make.deal(bob, lead=lead)
    choice = converting.Choice(deal=deal)
    converting.convert(lead, choice=choice, by=bob)

    page = as_(alice).get(f"/leads/{lead.pk}/").content.decode()

    assert "Open deal" in page
    assert "Convert again" not in page


# --- the preview of a conversion ---


def test_what_goes_where_follows_the_choices_and_writes_nothing(as_, bob):
    lead = make.lead(bob, email="anna@gmail.com")
    there = make.company("Oakridge Cold Stores")
    deal = make.deal(bob, name="Old roof", lead=lead)
    client, url = as_(bob), f"/deals/convert/{lead.pk}/preview/"
    new = {"what": "new", "name": "Roof", "stage": make.stage("Proposal").pk, "currency": "EUR"}

    made = client.post(
        url, new | {"company_name": "Brandt AG", "amount": "900", "role": "champion"}
    )
    found = client.post(url, new | {"company_name": "oakridge cold stores"})
    joined = client.post(url, {"what": "existing", "deal": deal.pk})

    words = [" ".join(one.content.decode().split()) for one in (made, found, joined)]
    for told in ("Brandt AG, made new", "Sales: Proposal", "€900.00", "Champion"):
        assert told in words[0]
    assert "made new" not in words[1]
    assert f'<option value="{there.pk}">Oakridge Cold Stores</option>' in words[1]
    assert "Old roof (Qualified)" in words[2]
    assert Deal.objects.get() == deal


def test_a_conversion_begins_with_what_was_learned_and_says_who_is_here_twice(as_, bob):
    company = make.company("Oakridge")
    names = {"first_name": "Anna", "last_name": "Brandt", "company": company}
    lead, twin = (make.lead(bob, email=f"anna{n}@gmail.com", **names) for n in (1, 2))
    bant.answer(
        lead=lead, letter="budget", value="planned", by=bob,
        details={"amount_max": Decimal(50_000), "currency": "EUR"},
    )  # fmt: skip
    bant.answer(lead=lead, letter="authority", value="champion", by=bob)

    page = " ".join(as_(bob).get(f"/deals/convert/{lead.pk}/").content.decode().split())

    assert 'value="50000.00"' in page
    assert f"Budget: Planned ({bob.name})" in page
    assert '<option value="champion" selected>' in page
    assert "Is this person here twice?" in page
    assert twin.get_absolute_url() in page
