"""What an item of the library brought: each number is made of the rows that it opens."""

from datetime import timedelta

import pytest

from capture.models import Visit, Visitor
from capture.selectors.windows import window_of
from leadflow.assets import content
from leadflow.assets.models import ContentItem, ShortLink
from leadflow.insights.content import Figures
from leadflow.kit import clock
from leadflow.models import Lead, LeadStage
from tests.factories.core import a_lead
from tests.leadflow.insights.test_campaigns import bought

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def guide(db):
    return content.save(
        item=ContentItem(),
        values={"title": "The guide", "url": "https://a.example/guide", "kind": "guide"},
        by=None,
    )


def reader(item, *, since=DAY, before=HOUR, is_landing=True, **fields):
    """A lead who became one `since` ago and saw the item so long before that."""
    at = clock.now() - since
    lead = a_lead(at=at)
    Lead.objects.filter(pk=lead.pk).update(created_at=at, **fields)
    content.saw(
        item_id=item.pk, lead_id=lead.pk, key=f"visit:{lead.pk}", how="visit", at=at - before,
        is_landing=is_landing,
    )  # fmt: skip
    return Lead.objects.get(pk=lead.pk)


def figures(item, user, **told):
    return Figures(item, user, window_of(told))


def test_who_landed_on_it_first_came_by_it_and_who_saw_it_saw_it(guide, alice):
    came = reader(guide)
    saw = reader(guide, is_landing=False)
    late = reader(guide, before=-HOUR)

    found = figures(guide, alice)

    assert set(found.came) == {came}
    assert set(found.saw) == {came, saw}
    assert set(found.readers) == {came, saw, late}
    assert found.people == {"came": 1, "saw": 2, "readers": 3, "qualified": 0, "customers": 0}


def test_a_visit_before_was_the_first_touch(guide, alice):
    lead = reader(guide)
    visitor = Visitor.objects.create(key="v", first_seen_at=clock.now(), last_seen_at=clock.now())
    earlier = clock.now() - 9 * DAY
    Visit.objects.create(
        visitor=visitor, key="k", lead=lead, started_at=earlier, last_seen_at=earlier
    )

    found = figures(guide, alice)

    assert list(found.came) == []
    assert list(found.saw) == [lead]


def test_revenue_is_what_they_won_within_a_year(guide, alice):
    first = reader(guide, since=80 * DAY, furthest_stage=LeadStage.CUSTOMER)
    second = reader(guide, is_landing=False, furthest_stage=LeadStage.CUSTOMER)
    bought(first, 900)
    bought(second, 100)
    bought(first, 7_000, after=400 * DAY)

    found = figures(guide, alice)

    assert found.revenue == {"saw": 1_000, "came": 900}
    assert found.people["customers"] == 2
    assert (found.won.count(), found.won_first.count()) == (2, 1)


def test_the_days_that_are_asked_for_bound_every_number(guide, alice):
    reader(guide, since=60 * DAY)

    assert figures(guide, alice, days="90").people["saw"] == 1
    assert figures(guide, alice, days="30").people["saw"] == 0
    assert figures(guide, alice, days="30").counts == {"seen": 0, "landed": 0}


def test_a_rep_counts_her_own_people_and_names_nobody_else(guide, bob, client):
    reader(guide, first_name="Hidden", last_name="Person")
    client.force_login(bob)

    page = client.get(f"/content/{guide.pk}/seen/").content.decode()

    assert figures(guide, bob).people["saw"] == 0
    assert "Hidden" not in page
    assert "Somebody else" in page


@pytest.mark.parametrize(
    "part",
    ["seen", "landed", "readers", "came", "saw", "qualified", "customers", "won", "won_first"],
)
def test_each_number_opens_its_rows(guide, alice, client, part):
    lead = reader(guide, furthest_stage=LeadStage.CUSTOMER, first_name="Ann", last_name="Reader")
    deal = bought(lead, 500)
    client.force_login(alice)

    page = client.get(f"/content/{guide.pk}/{part}/?days=30").content.decode()

    assert (deal.name if part.startswith("won") else "Ann Reader") in page


def test_the_page_of_an_item_tells_all_of_it(guide, alice, client):
    bought(reader(guide, furthest_stage=LeadStage.CUSTOMER), 500)
    ShortLink.objects.create(name="Post of May", url=guide.url, content=guide)
    client.force_login(alice)

    page = client.get(f"/content/{guide.pk}/").content.decode()

    assert "Came by it" in page
    assert "500" in page
    assert "Post of May" in page
    assert f"/links/new/?content={guide.pk}" in page


def test_a_link_for_an_item_begins_with_its_address(guide, max, client):
    client.force_login(max)

    page = client.get(f"/links/new/?content={guide.pk}").content.decode()

    assert 'value="https://a.example/guide"' in page


def test_the_list_is_searched_and_narrowed_and_sorted(guide, max, client):
    content.save(
        item=ContentItem(),
        values={"title": "A film", "url": "https://a.example/f", "kind": "video", "topic": "roofs"},
        by=None,
    )
    reader(guide)
    client.force_login(max)

    assert "The guide" not in client.get("/content/?kind=video").content.decode()
    assert "A film" in client.get("/content/?q=roofs").content.decode()
    whole = client.get("/content/").content.decode()
    assert whole.index("The guide") < whole.index("A film")


def test_the_list_costs_the_same_for_many(guide, max, client, django_assert_max_num_queries):
    for number in range(8):
        content.save(item=ContentItem(), values={"title": f"Item {number}"}, by=None)
    client.force_login(max)
    client.get("/content/")

    with django_assert_max_num_queries(12):
        client.get("/content/")


def test_what_is_archived_leaves_the_list_and_comes_back(guide, max, client):
    client.force_login(max)

    client.post(f"/settings/content/{guide.pk}/archive/")
    client.get("/my-day/")  # where the message is read
    assert "The guide" not in client.get("/content/").content.decode()
    assert "The guide" in client.get("/content/?archived=1").content.decode()

    client.post(f"/settings/content/{guide.pk}/archive/")
    assert "The guide" in client.get("/content/").content.decode()


def test_an_empty_library_says_what_it_is_for(max, client):
    client.force_login(max)

    assert "Paste your addresses" in client.get("/content/").content.decode()


def test_many_addresses_are_pasted_at_once(max, client):
    client.force_login(max)

    answer = client.post("/settings/content/paste/", {"text": "https://a.example/one"})
    page = client.get(answer.headers["Location"]).content.decode()

    assert "Added 1; 0 were here already." in page
    assert ">One</a>" in page
    wrong = client.post("/settings/content/paste/", {"text": "nothing"})
    assert wrong.status_code == 422
    assert "Line 1 has no address." in wrong.content.decode()
