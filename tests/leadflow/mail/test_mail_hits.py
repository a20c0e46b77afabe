"""Who followed a link: scanners are played back, and what they did first is known by what they did next."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadflow.events.models import Event
from leadflow.mail import engagement, hits, links
from leadflow.mail.compose import compose
from leadflow.mail.hits import Asked, Circumstances, judge
from leadflow.mail.models import Delivery, Hit
from leadflow.mail.sender import send_due
from leadflow.models import Engagement, Lead, Organisation
from leadflow.services import addresses
from leadflow.services.engagement import Fact, append
from tests.factories.core import a_lead

SENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"


def at(seconds, kind="click", link=1, **more):
    """A hit so many seconds after sending."""
    more = {"agent": BROWSER, "network": "203.0.113.0"} | more
    return Asked(kind, SENT + timedelta(seconds=seconds), link if kind == "click" else 0, **more)


def seen(found, *, links=3, now=86_400, shown=(), wire=True):
    """Who each of these was thought to be, once all is known."""
    about = Circumstances(
        SENT if wire else None, links, SENT + timedelta(seconds=now),
        [SENT + timedelta(seconds=one) for one in shown],
    )  # fmt: skip
    return [who for who, _why in judge(found, about)]


# What filters of mail do, each from its first request to its last. None of it is a person.
TRACES = {
    "looks at every link before it lets the mail in": [at(1, link=n) for n in (1, 2, 3)],
    "takes its time, with the name of a browser": [at(20 + 15 * n, link=n) for n in range(3)],
    "asks for heads first": [at(5, method="HEAD"), at(6, link=2, method="HEAD")],
    "says that it looks ahead": [at(300, method="AHEAD")],
    "follows what nobody sees, an hour later": [at(3_600), at(3_640, kind="trap"), at(3_700, link=2)],
    "falls into the trap from elsewhere with one program": [
        at(200, network="198.51.100.0"), at(230, kind="trap", network="192.0.2.0"),
    ],
    "comes from the network of a filter": [at(400, network="40.94.20.0"), at(900, network="40.94.20.0")],
    "names itself": [at(500, agent="Barracuda Sentinel (EE)"), at(501, agent="python-requests/2.31")],
    "has no name": [at(500, agent="")],
    "two links in a second": [at(700), at(701, link=2)],
    "loads the picture and all links": [at(3, kind="open"), *[at(4 + n, link=n) for n in range(3)]],
}  # fmt: skip


@pytest.mark.parametrize("trace", TRACES)
def test_a_scanner_is_a_machine_from_its_first_request_on(trace):
    found = TRACES[trace]

    verdicts = [v for v, hit in zip(seen(found), found, strict=True) if hit.kind == "click"]

    assert verdicts
    assert set(verdicts) == {"machine"}


PEOPLE = {
    "an hour later": [at(3_600)],
    "two links, some seconds apart": [at(300), at(312, link=2)],
    "the same link twice": [at(300), at(300.5)],
    "on the way, and again at the desk": [at(900, agent=PHONE, network="198.51.100.0"), at(9_000)],
    "all links, as one reads": [at(300), at(420, link=2), at(600, link=3)],
    "after the filter of her office": [
        at(1, link=1, agent=PHONE, network="198.51.100.0"), at(4_000),
    ],
}  # fmt: skip


@pytest.mark.parametrize("trace", PEOPLE)
def test_a_person_stays_one(trace):
    assert seen(PEOPLE[trace])[-1] == "human"


def test_of_an_early_click_nothing_is_said_before_a_minute_has_passed():
    assert seen([at(30)], now=40) == ["unknown"]
    assert seen([at(30)], now=91) == ["human"]
    assert seen([at(30)], now=40, shown=[35]) == ["human"]  # she looked at a page of ours
    assert seen([at(30)], now=40, wire=False) == ["human"]  # it never left: nothing scans it


def test_a_picture_that_a_mailbox_loads_is_no_proof():
    proxies = ["GoogleImageProxy", "Mozilla/5.0", "YahooMailProxy"]

    assert [seen([at(900, kind="open", agent=one)]) for one in proxies] == [["unknown"]] * 3


def test_only_networks_of_filters_are_known_as_such():
    assert hits.is_scanner("40.94.31.0")
    assert not hits.is_scanner("203.0.113.0")
    assert not hits.is_scanner("2001:db8::")
    assert not hits.is_scanner("")


# --- from the doors to the facts ------------------------------------------------------------------


@pytest.fixture
def lead(db):
    return a_lead(email="ann@customer.test-mail.com")


@pytest.fixture
def sent(lead, write):
    """A mail with three links that left an hour ago."""
    words = " ".join(f"[{n}](https://site.test-mail.com/{n})" for n in range(3))
    row = write(lead_id=lead.pk, text=words)
    Delivery.objects.update(
        state="sent", transport="smtp", sent_at=timezone.now() - timedelta(hours=1)
    )
    return Delivery.objects.get(pk=row.pk)


def follow(url, agent=BROWSER, address="203.0.113.7"):
    return Client().get(
        "/" + url.partition("://")[2].partition("/")[2],
        headers={"user-agent": agent}, REMOTE_ADDR=address,
    )  # fmt: skip


def classes():
    return sorted(Engagement.objects.values_list("actor_class", flat=True))


def test_a_trap_takes_back_what_counted_and_scores_are_folded_anew(sent, recorded, drain_events):
    follow(compose(sent).targets[0][1])
    assert classes() == ["human"]

    answer = follow(links.trap_url(sent))

    assert answer.status_code == 302
    assert classes() == ["machine"]
    assert recorded().count("engagement.corrected") == 1
    drain_events()  # qualification takes it in without a failure
    assert Hit.objects.filter(kind="trap").count() == 1


def test_an_early_click_counts_once_it_is_confirmed(sent, lead, drain_events):
    Delivery.objects.update(sent_at=timezone.now() - timedelta(seconds=30))
    follow(compose(Delivery.objects.get()).targets[0][1])
    assert classes() == ["unknown"]
    assert not Event.objects.filter(kind="engagement.recorded").exists()

    append([Fact(lead_id=lead.pk, kind="page.viewed", source_type="visit", source_id="1")])
    drain_events()

    found = Engagement.objects.filter(kind="mail.clicked")
    assert list(found.values_list("actor_class", flat=True)) == ["human"]


def test_an_early_click_that_nothing_speaks_against_counts_after_a_minute(sent):
    Delivery.objects.update(sent_at=timezone.now() - timedelta(seconds=30))
    follow(compose(Delivery.objects.get()).targets[0][1])
    assert engagement.settle() == 0

    Delivery.objects.update(sent_at=timezone.now() - timedelta(seconds=91))
    Hit.objects.update(at=timezone.now() - timedelta(seconds=61))

    assert engagement.settle() == 1
    assert classes() == ["human"]


def test_abuse_B07_hits_of_a_link_are_kept_up_to_twenty(sent):
    (_target, url), *_rest = compose(sent).targets

    for _ in range(25):
        follow(url)

    assert Hit.objects.count() == engagement.MOST_HITS
    assert classes() == ["human"]


def test_a_first_open_takes_three_statements_and_tells_its_fact(sent, recorded):
    url = links.open_url(sent)

    with CaptureQueriesContext(connection) as asked:
        follow(url)

    told = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"]]
    assert len(told) == 3  # the message, its lock, and all that is written
    assert list(Hit.objects.values_list("kind", "verdict")) == [("open", "human")]
    assert classes() == ["human"]
    assert recorded().count("engagement.recorded") == 1


def test_later_opens_are_kept_and_tell_nothing_twice(sent, recorded):
    for _ in range(25):
        follow(links.open_url(sent))

    assert Hit.objects.count() == engagement.MOST_HITS
    assert classes() == ["human"]
    assert recorded().count("engagement.recorded") == 1


def test_an_open_is_judged_with_what_came_before_it(sent):
    follow(links.trap_url(sent))

    follow(links.open_url(sent))

    assert set(Hit.objects.values_list("verdict", flat=True)) == {"machine"}


def test_an_open_of_somebody_who_was_merged_counts_for_who_stays(sent, lead):
    stays = a_lead(email="bo@customer.test-mail.com")
    Lead.objects.filter(pk=lead.pk).update(merged_into=stays)

    follow(links.open_url(sent))

    assert list(Engagement.objects.values_list("lead", flat=True)) == [stays.pk]


def test_a_picture_that_a_mailbox_loads_is_kept_and_tells_no_event(sent, recorded):
    follow(links.open_url(sent), agent="GoogleImageProxy")

    assert classes() == ["unknown"]
    assert "engagement.recorded" not in recorded()


def test_the_trap_stands_in_no_text_and_no_person_sees_it(sent):
    made = compose(sent)
    trap = links.trap_url(sent)

    assert trap not in made.text
    assert f'href="{trap}" style="display:none" tabindex="-1" aria-hidden="true"' in made.html
    assert trap not in [url for _target, url in made.targets]


def test_opens_are_counted_where_the_organisation_wants_it(sent):
    assert "/t/o/" in compose(sent).html
    Organisation.current()
    Organisation.objects.update(track_opens=False)

    html = compose(sent).html

    assert "/t/o/" not in html
    assert "/t/c/" in html


def test_who_does_not_want_to_be_counted_gets_plain_links(sent, lead, write):
    addresses.suppress(
        email=lead.email, purpose="tracking", reason="unsubscribed", by=None, detail="preferences"
    )
    plain = compose(write(to=lead.email, lead_id=lead.pk, text="[a](https://a.test-mail.com/x)"))
    follow(compose(sent).targets[0][1])  # of a mail from before
    follow(links.open_url(sent))
    send_due()

    assert "/t/" not in plain.html
    assert not Hit.objects.exists()
    assert not Engagement.objects.exists()
