"""B and A07: what strangers can do with the links of a mail, and with the words that go into one."""

import string

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leadflow.errors import Invalid
from leadflow.kit import ids
from leadflow.mail import links
from leadflow.mail.compose import compose
from leadflow.mail.models import Delivery, TrackedLink
from leadflow.mail.sender import send_due
from leadflow.mail.services import queue
from leadflow.models import Engagement, Lead, Suppression

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TARGET = "https://acme.test-site.com/pricing?a=1&b=2"


@pytest.fixture
def lead():
    at = timezone.now()
    return Lead.objects.create(first_name="Ann", email="ann@a.com", stage_since=at, created_at=at)


@pytest.fixture
def delivery(lead):
    """A marketing message with one link, kept in the outbox."""
    row = queue(
        key="t:1", kind="marketing", to="ann@a.com", lead_id=lead.pk, subject="Prices",
        text="See them", html=f'<p><a href="{TARGET.replace("&", "&amp;")}">Prices</a></p>',
    )  # fmt: skip
    send_due()
    row.refresh_from_db()
    return row


@pytest.fixture
def visitor():
    """A browser without any cookie that insists on CSRF checks."""
    return Client(enforce_csrf_checks=True, headers={"user-agent": BROWSER})


def path_of(url):
    return url.partition("://")[2].partition("/")[2].join(["/", ""])


@pytest.fixture
def click(delivery):
    (target,) = compose(delivery).targets
    return path_of(target[1])


def test_a_tracked_link_leads_to_the_stored_target(visitor, click):
    answer = visitor.get(click)

    assert (answer.status_code, answer["Location"]) == (302, TARGET)


def test_abuse_B01_the_click_door_leads_nowhere_else(visitor, click):
    for extra in ("?url=https://evil.test", "?next=//evil.test", "?u=javascript:alert(1)"):
        assert visitor.get(click + extra)["Location"] == TARGET


def test_abuse_B01_every_changed_sign_of_a_click_token_is_not_found(visitor, click):
    start = len("/t/c/")
    signs = string.ascii_letters + string.digits + "-_."
    mutants = {
        click[:place] + signs[(signs.find(click[place]) + step) % len(signs)] + click[place + 1 :]
        for place in range(start, len(click))
        for step in (1, 7, 19, 33)
    } - {click}

    assert len(mutants) >= 200
    answers = [  # from ever new addresses: one alone is slowed down soon (B02)
        visitor.get(mutant, REMOTE_ADDR=f"203.0.113.{n % 250}") for n, mutant in enumerate(mutants)
    ]
    assert {answer.status_code for answer in answers} == {404}


def test_abuse_B01_a_target_that_is_no_web_address_is_never_stored():
    bad = [
        "javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//evil.test",
        "https://", "https://a.test/\r\nSet-Cookie: a=b", "http://[", "JaVaScRiPt:alert(1)",
    ]  # fmt: skip

    assert links.store(bad) == {}
    assert not TrackedLink.objects.exists()


@pytest.mark.parametrize("door", ["u", "t/c", "t/o"])
def test_abuse_B02_a_guessed_token_is_not_found_without_asking_for_it(visitor, door):
    guesses = [ids.token() + "." + ids.token() for _ in range(10)]
    guesses += [f"{n}.{'A' * 22}" for n in range(10)] + ["1", "0", "-1", "null", "a" * 3_000]

    with CaptureQueriesContext(connection) as asked:
        assert {visitor.get(f"/{door}/{guess}").status_code for guess in guesses} == {404}

    assert not [query for query in asked.captured_queries if "mail_" in query["sql"]]


GUESSED = ["mail:unsubscribe", "mail:click", "mail:open", "console:join", "console:sender-confirm"]


@pytest.mark.parametrize("door", GUESSED)
def test_abuse_B02_who_guesses_is_slowed_down_and_who_holds_a_link_is_not(visitor, delivery, door):
    url = path_of(links.unsubscribe_url(delivery))
    guesses = [reverse(door, args=[f"{ids.token()}.{ids.token()}"]) for _ in range(70)]

    answers = [visitor.get(guess) for guess in guesses]

    assert answers[0].status_code in (403, 404)
    slow = [answer for answer in answers if answer.status_code == 429]
    assert len(slow) >= 10  # of seventy, which fall into two minutes at most
    assert slow[0].headers["Retry-After"] == "60"
    assert visitor.get(url).status_code == 200  # the same address, with a true link
    elsewhere = visitor.get(guesses[0], REMOTE_ADDR="203.0.113.9").status_code
    assert elsewhere == answers[0].status_code


def test_abuse_B02_a_token_carries_128_bits_of_signature(delivery):
    mac = links.unsubscribe_url(delivery).rpartition(".")[2]

    assert len(mac) == 22  # of 64 signs: 128 bits


def test_abuse_B04_looking_at_the_opt_out_changes_nothing(visitor, delivery):
    url = path_of(links.unsubscribe_url(delivery))

    for _ in range(50):
        assert visitor.get(url).status_code == 200
        assert visitor.head(url).status_code == 200

    assert not Suppression.objects.exists()


def test_abuse_B05_one_click_without_cookie_or_csrf_works_twice(visitor, delivery):
    url = path_of(links.unsubscribe_url(delivery))
    waiting = queue(
        key="t:2", kind="marketing", to="ann@a.com", subject="More", text="x",
        due_at=timezone.now() + timezone.timedelta(days=1),
    )  # fmt: skip

    answers = [visitor.post(url, {"List-Unsubscribe": "One-Click"}) for _ in range(2)]

    assert [a.status_code for a in answers] == [200, 200]
    assert Suppression.objects.get().purpose == "marketing"
    assert Delivery.objects.get(pk=waiting.pk).state == "skipped"
    assert all("<form" not in a.content.decode() for a in answers)
    assert not answers[0].cookies


def test_abuse_B05_one_click_is_understood_as_multipart_and_as_urlencoded(visitor, delivery):
    url = path_of(links.unsubscribe_url(delivery))

    visitor.post(url, "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")

    assert Suppression.objects.count() == 1


def test_the_button_of_the_page_can_stop_all_mail(visitor, delivery):
    visitor.post(path_of(links.unsubscribe_url(delivery)), {"what": "everything"})

    assert Suppression.objects.filter(purpose="").count() == 1


def test_abuse_B06_the_token_of_another_door_or_message_does_not_opt_out(visitor, delivery):
    mine = path_of(links.unsubscribe_url(delivery))
    other = queue(key="t:3", kind="marketing", to="bob@b.com", subject="x", text="x")
    _subject, _dot, mac = mine.rpartition(".")
    forged = f"/u/{other.public_id.hex}.{mac}"
    opened = path_of(links.open_url(delivery)).replace("/t/o/", "/u/")

    for url in (forged, opened):
        assert visitor.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert not Suppression.objects.exists()


def test_abuse_B07_any_number_of_opens_and_clicks_counts_once(visitor, delivery, click):
    pixel = path_of(links.open_url(delivery))

    for n in range(50):
        visitor.get(click)
        visitor.get(pixel)
        visitor.get(click, headers={"user-agent": f"bot {n}"})
        visitor.head(click)

    human = Engagement.objects.filter(actor_class="human").values_list("kind", flat=True)
    assert sorted(human) == ["mail.clicked", "mail.opened"]
    assert Engagement.objects.count() <= 20


def test_a_scanner_is_no_human(visitor, delivery, click):
    for agent in ("", "curl/8.0", "Barracuda Sentinel", "GoogleImageProxy", "python-urllib/3"):
        visitor.get(click, headers={"user-agent": agent})

    assert set(Engagement.objects.values_list("actor_class", flat=True)) == {"machine"}


def test_a_click_within_two_seconds_of_the_real_sending_is_a_machine(visitor, delivery, click):
    Delivery.objects.update(transport="smtp", sent_at=timezone.now())

    visitor.get(click)

    assert Engagement.objects.get().actor_class == "machine"


def test_following_every_link_at_once_is_a_machine(visitor, lead):
    hrefs = "".join(f'<a href="https://a.test-site.com/{n}">{n}</a>' for n in range(4))
    row = queue(
        key="t:9", kind="marketing", to="ann@a.com", lead_id=lead.pk, subject="s", text="x", html=hrefs
    )  # fmt: skip
    send_due()
    row.refresh_from_db()

    for _target, url in compose(row).targets:
        visitor.get(path_of(url))

    classes = list(Engagement.objects.order_by("id").values_list("actor_class", flat=True))
    assert classes == ["machine"] * 4  # the first too: what follows tells of it


def test_a_human_click_is_a_fact_of_the_event_log(visitor, delivery, click, recorded):
    visitor.get(click)
    visitor.get(click)

    assert recorded().count("engagement.recorded") == 1


def test_a_click_proves_that_an_uncertain_message_arrived(visitor, delivery, click):
    Delivery.objects.update(state="uncertain")

    visitor.get(click)

    assert Delivery.objects.get().state == "sent"


def test_abuse_B10_the_doors_leak_no_token(visitor, delivery, click):
    urls = [path_of(links.unsubscribe_url(delivery)), click, path_of(links.open_url(delivery))]

    for url in urls:
        answer = visitor.get(url)
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
        assert "noindex" in answer["X-Robots-Tag"]
        assert not answer.cookies


def test_abuse_B09_words_of_the_organisation_are_escaped_on_the_opt_out_page(visitor, delivery):
    from leadflow.models import Organisation

    Organisation.current()
    Organisation.objects.update(name="<script>x</script>", legal_name='"><img src=x>')

    page = visitor.get(path_of(links.unsubscribe_url(delivery)) + "?what=<script>").content.decode()

    assert "<script>x" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize(
    "address",
    [
        "a@x.io\r\nBcc: v@y.io",
        "a@x.io,b@y.io",
        "a@x.io\nX: y",
        "<a@x.io>",
        "a@x.io\x00",
        "a b@x.io",
    ],
)
def test_abuse_A07_an_address_with_anything_else_in_it_is_refused(address):
    with pytest.raises(Invalid):
        queue(key="t:x", kind="essential", to=address, subject="x", text="x")

    assert not Delivery.objects.exists()


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\r", "\x00", "\x1b", "\x7f"])
def test_abuse_C07_a_subject_with_a_line_break_is_refused(sign):
    with pytest.raises(Invalid):
        queue(key="t:x", kind="essential", to="a@x.io", subject=f"Hi{sign}Bcc: x@y.io", text="x")


def test_abuse_C07_a_header_of_two_lines_is_refused():
    with pytest.raises(Invalid):
        queue(
            key="t:x", kind="personal", to="a@x.io", subject="x", text="x",
            headers={"In-Reply-To": "<a>\r\nBcc: x@y.io"},
        )  # fmt: skip


def test_abuse_A07_a_name_with_line_breaks_makes_no_header(lead):
    row = queue(
        key="t:x", kind="essential", to="a@x.io", subject="Hello", text="x",
        to_name="Bob\r\nX-Evil: 1\r\n\r\nbody", headers={"Bcc": "v@y.io", "X-Evil": "1"},
    )  # fmt: skip

    message = compose(row).message

    assert message.get_all("Subject") == ["Hello"]
    assert "X-Evil" not in message
    assert "Bcc" not in message
    assert str(message["To"]) == '"Bob X-Evil: 1 body" <a@x.io>'


def test_abuse_C08_nobody_sends_as_an_unverified_address(lead):
    from leadflow.mail.models import SenderIdentity

    identity = SenderIdentity.objects.create(name="CEO", email="ceo@bank.com")

    with pytest.raises(Invalid):
        queue(key="t:x", kind="marketing", to="a@x.io", subject="x", text="x", identity=identity)


def test_abuse_C04_words_of_a_lead_cannot_become_html_or_a_dangerous_link():
    from leadflow.mail.merge import compile_template

    source = '<p>{{ company.name }}</p><a href="{{ lead.website }}">site</a>'
    made = compile_template(source, ["company.name", "lead.website"])
    values = {"company.name": "<a href=//evil.test>free</a>", "lead.website": "javascript:alert(1)"}

    row = queue(
        key="t:x", kind="marketing", to="a@x.io", subject="x",
        text=made.render(values), html=made.render(values, "html"),
    )  # fmt: skip

    html = compose(row).html
    assert "&lt;a href=//evil.test&gt;free&lt;/a&gt;" in html
    assert "javascript:" not in html
    assert "<a href=//evil.test>free</a>" in row.text


def test_abuse_C04_a_name_does_not_become_a_link():
    from leadflow.mail.merge import compile_template

    made = compile_template("Hi {{ lead.first_name }}(you)!", ["lead.first_name"])
    text = made.render({"lead.first_name": "[free](https://evil.test/x)"})

    row = queue(key="t:x", kind="marketing", to="a@x.io", subject="x", text=text)

    assert ">free</a>" not in compose(row).html


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
        '<a href="data:text/html,x">a</a>', '<a href="vbscript:x">a</a>', "<iframe src=//e></iframe>",
        '<div style="background:url(javascript:x)">a</div>', "<form action=//e><input></form>",
        '<a href="file:///etc/passwd">a</a>', "<base href=//e>", "<meta http-equiv=refresh content=0>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>", "<link href=//e>",
        '<img srcset="javascript:x 1x">', "<noscript><p title='</noscript><img src=x onerror=x>'>",
    ],
)  # fmt: skip
def test_abuse_C09_a_mail_carries_nothing_that_runs(html):
    row = queue(key="t:x", kind="marketing", to="a@x.io", subject="x", text="x", html=html)

    kept = row.html.lower()
    for bad in ("script", "onerror", "onload", "data:", "file:", "iframe", "<form", "<base", "<meta",
                "<link", "srcset", "url("):  # fmt: skip
        assert bad not in kept
