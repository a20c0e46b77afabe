"""Short links lead to their stored target, and count who followed them."""

import pytest

from leadflow.assets.models import LinkDay, ShortLink
from leadflow.models import Campaign

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def link(db):
    return ShortLink.objects.create(
        name="Poster",
        url="https://north.example/roofs?a=1#top",
        utm_source="fair",
        utm_medium="print",
    )


def test_a_link_leads_to_its_target_with_the_words_of_its_campaign(client, link):
    answer = client.get(link.path, headers=BROWSER)

    assert answer.status_code == 302
    assert (
        answer.headers["Location"]
        == "https://north.example/roofs?utm_source=fair&utm_medium=print&a=1#top"
    )


def test_what_the_address_says_itself_stays(db):
    link = ShortLink(url="https://north.example/?utm_source=partner", utm_source="fair")

    assert link.target == "https://north.example/?utm_source=partner"


@pytest.mark.parametrize(
    ("method", "agent", "human"),
    [("get", BROWSER["user-agent"], True), ("head", BROWSER["user-agent"], False),
     ("get", "Googlebot/2.1 (+http://www.google.com/bot.html)", False), ("get", "", False)],
)  # fmt: skip
def test_people_and_machines_are_counted_apart(client, link, method, agent, human):
    getattr(client, method)(link.path, headers={"user-agent": agent})

    day = LinkDay.objects.get()
    assert (day.humans, day.machines) == (int(human), int(not human))


def test_abuse_B01_a_short_link_leads_to_its_stored_target_alone(client, link):
    answer = client.get(f"{link.path}?url=https://evil.example/&utm_source=x", headers=BROWSER)

    assert answer.headers["Location"] == link.target
    assert client.get("/l/nothing/").status_code == 404


def test_an_archived_link_leads_nowhere(client, link):
    ShortLink.objects.update(is_archived=True)

    assert client.get(link.path).status_code == 404


def test_a_marketer_makes_a_link_and_its_campaign_stands_in_it(client, max):
    campaign = Campaign.objects.create(name="Spring roofs")
    client.force_login(max)

    client.post(
        "/links/new/",
        {
            "name": "Post",
            "url": "https://north.example/",
            "utm_source": "linkedin",
            "campaign": campaign.pk,
        },
    )

    made = ShortLink.objects.get()
    assert made.utm_campaign == "Spring roofs"
    assert made.created_by == max
    text = client.get("/links/").content.decode()
    assert made.path in text
    assert client.get(f"/links/{made.pk}/qr.svg").headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil", "ftp://x.example/", "https://a@b.example/"]
)
def test_only_an_address_of_the_web_can_be_a_target(client, max, url):
    client.force_login(max)

    assert client.post("/links/new/", {"name": "Post", "url": url}).status_code == 422
    assert not ShortLink.objects.exists()
