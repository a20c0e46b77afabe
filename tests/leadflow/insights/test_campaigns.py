"""A campaign's page: every number is made of rows that it opens, and what is missing is never 0."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from leadflow.assets.models import ShortLink
from leadflow.insights.campaigns import Figures
from leadflow.models import Campaign, Lead, Organisation, Source, SpendEntry, Touchpoint
from leadflow.services.campaigns import add_people
from nurturing.services.enrolment import enrol_many
from pipeline.models import Deal
from pipeline.services import roles
from tests.factories import pipeline
from tests.factories.capture import published_form, published_page
from tests.factories.core import a_lead
from tests.factories.nurturing import a_reader, a_sequence
from tests.factories.occasions import an_occasion

NOW = timezone.now()


@pytest.fixture
def campaign(db):
    Organisation.current()
    return Campaign.objects.create(name="Spring")


def came(campaign, n=1, **fields):
    """Leads whom the campaign brought."""
    made = [a_lead(email=f"p{Lead.objects.count()}-{i}@x.example") for i in range(n)]
    Lead.objects.filter(pk__in=[one.pk for one in made]).update(campaign=campaign, **fields)
    return made


def spent(campaign, amount, currency="EUR", rate=None):
    source = Source.objects.get_or_create(name="Ads")[0]
    days = {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 3, 31)}
    return SpendEntry.objects.create(
        source=source, campaign=campaign, amount=amount, currency=currency, rate=rate, **days
    )


def bought(lead, amount, after=timedelta(days=10)):
    deal = pipeline.deal(lead=lead)
    at = Lead.objects.get(pk=lead.pk).created_at + after
    Deal.objects.filter(pk=deal.pk).update(
        status="won",
        won_at=at,
        amount=amount,
        base_amount=amount,
        stage=deal.pipeline.stages.get(kind="won"),
    )
    return deal


def test_without_spend_nothing_has_a_price_and_nothing_a_return(campaign, alice):
    came(campaign, 2)
    figures = Figures(campaign, alice)

    assert figures.spent.amount is None
    assert figures.cost_per_lead is None
    assert figures.return_on_spend is None


def test_spend_over_leads_and_the_return_on_it(campaign, alice):
    first, _second = came(campaign, 2)
    spent(campaign, 400)
    bought(first, 1_000)
    figures = Figures(campaign, alice)

    assert figures.cost_per_lead == 200
    assert figures.revenue == 1_000
    assert figures.return_on_spend == Decimal("1.5")


def test_what_came_back_to_nothing_is_minus_one_hundred_percent(campaign, alice):
    came(campaign)
    spent(campaign, 400)

    assert Figures(campaign, alice).return_on_spend == -1


def test_foreign_money_counts_at_its_rate_and_without_one_is_counted_aloud(campaign, alice):
    spent(campaign, 100, "USD", Decimal("0.9"))
    spent(campaign, 50, "CHF")

    told = Figures(campaign, alice).spent

    assert (told.amount, told.entries, told.no_rate) == (Decimal("90"), 2, 1)


def test_what_was_won_after_a_year_is_not_its_return(campaign, alice):
    (lead,) = came(campaign)
    bought(lead, 1_000, after=timedelta(days=366))

    assert Figures(campaign, alice).revenue == 0


def test_somebody_who_only_subscribed_is_a_member_and_no_lead(campaign, alice):
    came(campaign, stage="subscriber", furthest_stage="subscriber")

    counts = Figures(campaign, alice).counts

    assert (counts["members"], counts["leads"]) == (1, 0)


def test_people_are_added_once_and_are_touched_by_it(campaign, alice):
    people = [a_lead(email="a@x.example").pk, a_lead(email="b@x.example").pk]

    first = add_people(campaign=campaign, lead_ids=people, label="Guests", by=alice)
    second = add_people(campaign=campaign, lead_ids=people, label="Guests", by=alice)

    assert (first, second) == (2, 0)
    assert Touchpoint.objects.filter(campaign=campaign).count() == 2
    assert Figures(campaign, alice).counts["members"] == 2


def test_the_page_opens_the_rows_behind_each_number(campaign, client, alice):
    came(campaign, 3)
    client.force_login(alice)

    text = client.get(f"/campaigns/{campaign.pk}/").content.decode()

    assert "not entered" in text
    for part in ("members", "leads", "qualified", "customers", "won"):
        assert f"/campaigns/{campaign.pk}/{part}/" in text
        assert client.get(f"/campaigns/{campaign.pk}/{part}/").status_code == 200
    assert client.get(f"/campaigns/{campaign.pk}/nonsense/").status_code == 404


def test_the_page_names_its_pages_forms_events_links_and_mails(campaign, client, alice):
    form = published_form(name="Ask for a roof", campaign=campaign)
    published_page(name="Roofs in spring", form=form, campaign=campaign)
    an_occasion(title="Spring fair", campaign=campaign)
    ShortLink.objects.create(name="Poster", url="https://a.example/", campaign=campaign)
    reader = a_reader(email="ann@a.example")
    add_people(campaign=campaign, lead_ids=[reader.pk], label="Readers", by=alice)
    enrol_many(sequence=a_sequence(name="Spring mails"), lead_ids=[reader.pk], by=alice)
    client.force_login(alice)

    text = client.get(f"/campaigns/{campaign.pk}/").content.decode()

    for name in ("Ask for a roof", "Roofs in spring", "Spring fair", "Poster", "Spring mails"):
        assert name in text


def test_a_rep_sees_her_own_people_and_no_spend(campaign, client, bob):
    mine, _other = came(campaign, 2)
    Lead.objects.filter(pk=mine.pk).update(owner=bob, assigned_at=NOW)
    spent(campaign, 400)
    client.force_login(bob)

    text = client.get(f"/campaigns/{campaign.pk}/").content.decode()

    assert Figures(campaign, bob).counts["leads"] == 1
    assert "Cost per lead" not in text


def test_the_list_has_a_budget_of_queries(campaign, client, alice, django_assert_max_num_queries):
    for n in range(5):
        Campaign.objects.create(name=f"Other {n}")
    client.force_login(alice)
    client.get("/campaigns/")

    with django_assert_max_num_queries(20):
        client.get("/campaigns/")


def touched(lead, campaign, at):
    return Touchpoint.objects.create(lead=lead, campaign=campaign, occurred_at=at)


def test_it_sources_and_influences_deals_by_the_touches_of_all_who_take_part(
    campaign, client, alice
):
    began = NOW - timedelta(days=60)
    before, between, after = (began + timedelta(days=n) for n in (-3, 10, 40))
    names = ("first", "buyer", "late", "after", "other", "open")
    people = {name: a_lead(email=f"{name}@x.example") for name in names}
    won = {}
    for name in names:
        lead = people["other" if name == "buyer" else name]
        won[name] = bought(lead, 100) if name != "open" else pipeline.deal(lead=lead)
        times = {"opened_at": began, "name": name} | (
            {"won_at": began + timedelta(days=30)} if name != "open" else {}
        )
        Deal.objects.filter(pk=won[name].pk).update(**times)
    roles.give(deal=won["buyer"], lead=people["buyer"], role="champion", by=alice)
    for name, at in (("first", before), ("buyer", before), ("late", between), ("after", after),
                     ("open", before)):  # fmt: skip
        touched(people[name], campaign, at)
        touched(people[name], campaign, at + timedelta(hours=1))
    touched(people["other"], Campaign.objects.create(name="Another"), before)

    figures = Figures(campaign, alice)

    assert {deal.name for deal in figures.sourced} == {"first", "buyer", "open"}
    assert {deal.name for deal in figures.sourced_won} == {"first", "buyer"}
    assert {deal.name for deal in figures.influenced} == {"first", "buyer", "late"}
    assert figures.influence == {
        "sourced": 3, "sourced_won": 2, "sourced_revenue": 200, "influenced": 3,
        "influenced_revenue": 300,
    }  # fmt: skip
    client.force_login(alice)
    page = client.get(f"/campaigns/{campaign.pk}/").content.decode()
    for part, total in (("sourced", 3), ("sourced_won", 2), ("influenced", 3)):
        assert f"/campaigns/{campaign.pk}/{part}/" in page
        rows = client.get(f"/campaigns/{campaign.pk}/{part}/").context["page"]
        assert rows.total == len(rows.rows) == total


def test_a_rep_counts_the_influence_on_her_own_deals_alone(campaign, alice, bob, carl):
    for owner in (bob, carl):
        deal = bought(a_lead(email=f"{owner.pk}@x.example"), 100)
        Deal.objects.filter(pk=deal.pk).update(owner=owner, team=None)
        touched(deal.lead, campaign, NOW - timedelta(days=900))

    assert Figures(campaign, bob).influence["influenced_revenue"] == 100
    assert Figures(campaign, alice).influence["influenced_revenue"] == 200
