"""B01, B02, B06, B07, B09, B10, B14: the doors of capture that hold a token or a code, like those of a mail."""

import io
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from capture.blocks.starts import block
from capture.models import Knock, Magnet, Unfinished
from capture.services import later, pages
from leadflow.assets.models import LinkDay, ShortLink
from leadflow.kit import ids
from leadflow.models import Engagement, Lead, Organisation
from tests.abuse.test_capture_doors import PAYLOADS, RISKY
from tests.capture.test_reports import ROWS as REPORT_ROWS
from tests.capture.test_reports import a_report, the_usual
from tests.factories.capture import (
    contact_body,
    published_form,
    published_page,
    published_pages,
    token_of,
)
from tests.factories.files import a_file

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _nobody_has_knocked(db):
    Knock.objects.all().delete()


@pytest.fixture
def visitor():
    """A browser without any cookie that insists on CSRF checks."""
    return Client(enforce_csrf_checks=True, headers={"user-agent": BROWSER})


def path_of(url):
    return url.partition("://")[2].partition("/")[2].join(["/", ""])


def a_kept_form():
    """Two pages; somebody saved hers."""
    form = published_pages(
        [block("email")], [block("long_text", label="Why", name="why")], can_save=True
    )
    body = {"email": "ada@north.example", "lf_at": "p1", "lf_go": "save", "token": token_of(form)}
    Client().post(form.public_path, body)
    return form, Unfinished.objects.get(form=form)


def links_after(form, body):
    """What a browser with script is told to show after sending."""
    sent = Client().post(form.public_path, json.dumps(body), content_type="application/json")
    return [path_of(link["url"]) for link in sent.json()["links"]]


def a_file_given():
    form = published_form(name="Guide")
    Magnet.objects.create(form=form).files.add(a_file("The guide"))
    (link,) = links_after(form, contact_body(form))
    return link


def a_report_made():
    form = published_form(*REPORT_ROWS, name="Calculator")
    a_report(form, *the_usual())
    form.refresh_from_db()
    Magnet.objects.get_or_create(form=form)
    person = {"people": "3", "first_name": "Ada", "email": "ada@north.example"}
    link, _pdf = links_after(form, person | {"token": token_of(form)})
    return link


def a_form_saved():
    _form, kept = a_kept_form()
    return path_of(later.link(kept))


def a_draft_shown():
    return f"/p/draft/{pages.preview_token(published_page(name='Draft'))}/"


LINKS = {
    "/d/": a_file_given,
    "/r/": a_report_made,
    "/f/later/": a_form_saved,
    "/p/draft/": a_draft_shown,
}


def test_abuse_B10_no_door_of_capture_leaks_its_token(visitor):
    links = {door: make() for door, make in LINKS.items()}
    for door, link in [*links.items(), ("the PDF", links["/r/"] + "report.pdf")]:
        answer = visitor.get(link)
        assert answer.status_code == 200, door
        assert answer["Referrer-Policy"] == "no-referrer", door
        assert answer["Cache-Control"] == "no-store", door
        assert "noindex" in answer["X-Robots-Tag"], door
        assert not answer.cookies, door


def mutants(link):
    """The link with one sign of its token changed, at every place."""
    head, token, tail = link.partition(link.strip("/").split("/")[-1])
    return [
        head + token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :] + tail
        for n in range(len(token))
    ]


@pytest.mark.parametrize("door", LINKS)
def test_abuse_B02_every_changed_sign_of_a_token_is_not_found(visitor, door):
    for number, mutant in enumerate(mutants(LINKS[door]())):
        answer = visitor.get(mutant, REMOTE_ADDR=f"203.0.113.{number % 250}")
        assert answer.status_code == 404, mutant


TABLES = {
    "/d/": "assets_grant",
    "/r/": "capture_promise",
    "/f/later/": "capture_unfinished",
    "/p/draft/": "capture_landingpage",
}


@pytest.mark.parametrize("door", TABLES)
def test_abuse_B02_who_guesses_is_slowed_down_before_any_question_and_a_true_link_opens(
    visitor, settings, door
):
    settings.FORM_POSTS_PER_MINUTE = 30
    true = LINKS[door]()
    token = true.strip("/").split("/")[-1]
    with CaptureQueriesContext(connection) as asked:
        answers = [
            visitor.get(true.replace(token, f"{ids.token()}.{ids.token()}")) for _n in range(70)
        ]

    assert {answer.status_code for answer in answers} == {404, 429}
    assert (
        sum(answer.status_code == 429 for answer in answers) >= 10
    )  # seventy fall into two minutes
    assert not [one for one in asked.captured_queries if f'"{TABLES[door]}"' in one["sql"]]
    assert visitor.get(true).status_code == 200


def test_abuse_B06_a_token_of_one_door_opens_no_other(visitor):
    links = [make() for make in LINKS.values()]
    tokens = [link.strip("/").split("/")[-1] for link in links]
    for link, own in zip(links, tokens, strict=True):
        for token in set(tokens) - {own}:
            assert visitor.get(link.replace(own, token)).status_code == 404, link


def test_abuse_B06_what_somebody_kept_does_not_open_through_another_form(visitor):
    form, kept = a_kept_form()
    other = published_form(name="Other")

    assert (
        visitor.get(
            path_of(later.link(kept)).replace(form.public_path, other.public_path)
        ).status_code
        == 404
    )


def test_abuse_B07_a_file_fetched_again_and_again_counts_once(visitor):
    link = a_file_given()

    for _n in range(30):
        b"".join(visitor.post(link).streaming_content)
        visitor.get(link)
        visitor.head(link)

    assert Engagement.objects.filter(kind="file.downloaded").count() == 1


def test_abuse_B01_a_short_link_leads_to_its_stored_target_alone(visitor):
    link = ShortLink.objects.create(name="Poster", url="https://north.example/roofs")

    for extra in (
        "?url=https://evil.example",
        "?next=//evil.example",
        "?u=javascript:alert(1)",
        "//evil.example",
    ):
        answer = visitor.get(link.path + extra)
        assert (
            answer.headers.get("Location", "https://north.example/roofs")
            == "https://north.example/roofs"
        )
    codes = [
        link.code[:n] + ("x" if link.code[n] != "x" else "z") + link.code[n + 1 :]
        for n in range(len(link.code))
    ]
    assert {visitor.get(f"/l/{code}/").status_code for code in codes} == {404}


def test_abuse_B02_who_guesses_short_links_is_slowed_down(visitor):
    answers = [visitor.get(f"/l/{ids.code()}/") for _n in range(70)]

    assert {answer.status_code for answer in answers} == {404, 429}
    assert not LinkDay.objects.exists()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_abuse_B09_what_an_address_says_is_text_on_every_page_of_visitors(visitor, payload):
    form, page = published_form(), published_page(name="Roofs")
    asked = {
        "utm_source": payload,
        "e": payload,
        "promise": payload,
        "for": payload,
        "lf_page": payload,
        "lf_on": payload,
        payload[:40]: payload,
    }

    for path in (
        form.public_path,
        f"{form.public_path}thanks/",
        page.public_path,
        "/p/nowhere/",
        "/d/x/",
        "/r/x/",
    ):
        text = visitor.get(path, asked).text
        assert [risky for risky in RISKY if risky in text] == [], path


@pytest.mark.parametrize("header", [{"host": "evil.example"}, {"x-forwarded-host": "evil.example"}])
def test_abuse_B14_a_foreign_host_reaches_no_link_of_a_visitors_page(visitor, header):
    page, form = published_page(), published_form(name="Other")

    for path in (
        page.public_path,
        form.public_path,
        "/sitemap.xml",
        "/robots.txt",
        "/f/brand.css",
        "/track.js",
    ):
        answer = visitor.get(path, headers=header)
        assert answer.status_code in {200, 400}, path
        assert b"evil.example" not in answer.content, path


@pytest.mark.parametrize(
    "path",
    [
        "/p/colour/%23;}body{.css",
        "/p/colour/fffff%0A.css",
        "/p/colour/zzzzzz.css",
        "/i/x/..%2f..%2fa",
        "/i/../../x",
        "/i/abc/1.webp%00",
    ],
)
def test_abuse_G09_an_address_of_a_style_or_a_picture_is_nothing_else(visitor, path):
    assert visitor.get(path).status_code == 404


def test_abuse_B09_a_colour_is_nothing_but_a_colour_in_the_style_of_the_organisation(visitor):
    Organisation.current()
    Organisation.objects.update(colour="#ff0000")

    text = visitor.get("/f/brand.css").text

    assert text.count("{") == text.count("}") == 1


def test_abuse_A17_a_file_is_taken_with_a_token_of_its_own_form_alone(visitor):
    form = published_form(block("email"), block("file", label="CV", name="cv"), name="Jobs")
    other = published_form(name="Other")
    door = f"{form.public_path}file/"

    def send(**body):
        return visitor.post(
            door, {"question": "cv", "file": io.BytesIO(b"%PDF-1.4 x"), **body}
        ).status_code

    assert send() == 400
    assert send(token=token_of(other)) == 400
    assert send(token=token_of(form), question="email") == 422
    assert (
        visitor.post(door, b"--x", content_type="multipart/form-data; boundary=y").status_code
        == 400
    )
    assert not Lead.objects.exists()
