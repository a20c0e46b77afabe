"""The screens of designs: gallery, editor, frames, checks, source, snippets, brand kit, trial."""

import http.server
import json
import re
import threading

import pytest

from leadflow.mail.models import Delivery, MailBrand, MailDesign, MailSnippet
from leadflow.runs import leasing, working
from tests.factories.core import a_lead
from tests.factories.designs import a_design, block
from tests.factories.nurturing import a_broadcast, a_sequence

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_max(client, max):
    client.force_login(max)
    return client


@pytest.fixture
def site(settings):
    """A site of somebody else's, where only /ok is found."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/ok" else 404)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.server_port}"]
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_template_is_chosen_and_opens_in_the_editor(as_max):
    assert "What should the mail do?" in as_max.get("/mail-designs/gallery/").content.decode()

    as_max.post("/mail-designs/new/", {"start": "welcome"})

    design = MailDesign.objects.get()
    assert design.name == "Welcome"
    page = as_max.get(design.get_absolute_url()).content.decode()
    data = json.loads(re.search(r'id="lf-editor-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    assert data["set"]["key"] == "mail"
    assert data["set"]["merges"]
    assert any(one["name"] == "lead.stage" for one in data["set"]["given"])
    assert "sandbox" in re.search(r"<iframe[^>]*data-preview-frame[^>]*>", page)[0]


def test_the_editor_saves_and_names_what_is_missing(as_max):
    design = a_design(publish=False)
    content = design.draft
    content["pages"][0]["blocks"][0]["props"]["text"] = "Hello {{ lead.shoe }}"

    told = as_max.post(
        f"/mail-designs/{design.pk}/draft/",
        {"content": content, "revision": 0},
        content_type="application/json",
    ).json()

    [problem] = told["problems"]
    assert problem["block"] == content["pages"][0]["blocks"][0]["id"]
    assert "Line 1, column" in problem["message"]


def test_publishing_lets_a_design_be_chosen_in_a_broadcast(as_max):
    design = a_design(publish=False)

    as_max.post(f"/mail-designs/{design.pk}/publish/", {"revision": 0})

    design.refresh_from_db()
    assert design.live.number == 1
    assert design.name in as_max.get("/mail-designs/").content.decode()


def test_a_frame_is_a_page_of_its_own_origin_in_which_nothing_runs(as_max):
    answer = as_max.get(f"/mail-designs/{a_design().pk}/frame/?as=longest")

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert "Unsubscribe" in answer.content.decode()


def test_a_frame_shows_the_dark_where_it_is_asked_for(as_max):
    design = a_design()

    light, dark = (
        as_max.get(f"/mail-designs/{design.pk}/frame/?as=empty{more}").content.decode()
        for more in ("", "&dark=1")
    )

    assert "@media not all{body,.lf-ground" in light
    assert "@media all{body,.lf-ground" in dark
    assert "color-scheme: dark" in dark


def test_the_mail_is_read_as_a_lead_and_as_text(as_max):
    lead = a_lead(first_name="Annabel")
    design = a_design(block("text", text="Hello {{ lead.first_name }}"))

    page = as_max.get(f"/mail-designs/{design.pk}/read/?lead={lead.pk}").content.decode()

    assert "Hello Annabel" in page
    assert page.count("<iframe sandbox") == 3


def test_a_lead_that_she_may_not_see_is_not_shown(client, bob, max):
    hers = a_lead(first_name="Secretia")
    design = a_design(block("text", text="Hello {{ lead.first_name }}"))
    client.force_login(bob)

    assert (
        "Secretia"
        not in client.get(f"/mail-designs/{design.pk}/frame/?lead={hers.pk}").content.decode()
    )


def test_a_test_mail_goes_to_its_author_alone(as_max, max):
    lead = a_lead()
    design = a_design(block("text", text="Hello."), publish=False)

    as_max.post(f"/mail-designs/{design.pk}/test/", {"lead": lead.pk})

    [sent] = Delivery.objects.all()
    assert (sent.to_address, sent.subject) == (max.email, "[Test] Hello from a design")
    assert sent.html.startswith("<!DOCTYPE html>")


def test_the_check_names_the_block_of_each_finding(as_max):
    design = a_design(
        block("text", text="Hello {{ lead.first_name }}"),
        block("image", image="gone", alt=""),
        block("button", button="Go", url="javascript:x"),
        publish=False,
    )

    page = as_max.get(f"/mail-designs/{design.pk}/check/").content.decode()

    assert "<b>Picture, block 2</b>: Say what the picture shows" in page
    assert "<b>Picture, block 2</b>: The picture is gone" in page
    assert "<b>Button, block 3</b>:" in page
    assert "<b>Text, block 1</b>: “first name” has no fallback" in page


def test_links_are_asked_in_the_background_and_their_answers_told(as_max, site):
    design = a_design(
        block("button", button="Good", url=f"{site}/ok"),
        block("button", button="Bad", url=f"{site}/missing"),
    )
    as_max.post(f"/mail-designs/{design.pk}/check/")
    assert working.execute(leasing.claim(heavy=False)) == "done"

    page = as_max.get(f"/mail-designs/{design.pk}/check/").content.decode()
    assert "<b>Button, block 2</b>: it answers with the error 404" in page


def test_the_source_shows_what_the_blocks_become_as_words(as_max):
    design = a_design(block("text", text="Hello {{ lead.first_name }}"))

    html, mjml, text = (
        as_max.get(f"/mail-designs/{design.pk}/source/?as={kind}").content.decode()
        for kind in ("html", "mjml", "text")
    )

    assert "&lt;!DOCTYPE html&gt;" in html
    assert "&lt;mj-section" in mjml
    assert "Hello {{ lead.first_name }}" in text


def test_blocks_are_shared_as_a_snippet_and_dropped(as_max):
    design = a_design(block("text", text="Ours."))
    [row] = design.draft["pages"][0]["blocks"]

    as_max.post(f"/mail-designs/{design.pk}/snippet/", {"name": "Signature", "blocks": [row["id"]]})

    assert "Signature" in as_max.get("/mail-designs/snippets/").content.decode()
    as_max.post(f"/mail-designs/snippets/{MailSnippet.objects.get().pk}/drop/")
    assert not MailSnippet.objects.exists()


def test_the_brand_kit_is_kept_and_stands_in_the_next_version(as_max):
    values = {
        "site_url": "https://www.ours.test-mail.com",
        "colour": "#118833",
        "font": "serif",
        "footer": "Since 1999",
        "LinkedIn": "https://social.test-mail.com/us",
    }

    answer = as_max.post("/mail-designs/brand/", values)

    assert answer.status_code == 303
    assert MailBrand.current().socials == {"LinkedIn": "https://social.test-mail.com/us"}
    page = as_max.get(
        f"/mail-designs/{a_design(block('header'), block('button', button='Go', url='https://a.example/')).pk}/frame/?as=empty"
    ).content.decode()
    assert "#118833" in page
    assert "Georgia" in page
    assert "Since 1999" in page


def test_a_design_is_put_away_and_taken_out_again(as_max):
    design = a_design()

    as_max.post(f"/mail-designs/{design.pk}/archive/", {"to": "away"})
    assert design.name not in as_max.get("/mail-designs/").content.decode()

    as_max.post(f"/mail-designs/{design.pk}/archive/", {"to": "back"})
    assert design.name in as_max.get("/mail-designs/").content.decode()


def test_an_older_version_comes_back(as_max):
    design = a_design(block("text", text="First."))
    draft = design.draft
    draft["pages"][0]["blocks"][0]["props"]["text"] = "Second."
    as_max.post(
        f"/mail-designs/{design.pk}/draft/",
        {"content": draft, "revision": 0},
        content_type="application/json",
    )
    as_max.post(f"/mail-designs/{design.pk}/publish/")

    as_max.post(f"/mail-designs/{design.pk}/versions/1/back/")

    design.refresh_from_db()
    assert design.live.number == 3
    assert "First." in design.live.content["pages"][0]["blocks"][0]["props"]["text"]


def test_the_list_costs_the_same_however_many_designs(as_max, django_assert_max_num_queries):
    for _n in range(6):
        a_design()

    with django_assert_max_num_queries(14):
        as_max.get("/mail-designs/")


def test_a_design_is_chosen_in_a_mail_step_and_read_as_a_lead(as_max):
    lead = a_lead()
    design = a_design(block("text", text="Hello from blocks."))
    sequence = a_sequence(publish=False)
    step = sequence.rule_set.versions.get().document["steps"][0]["id"]

    as_max.post(
        f"/sequences/{sequence.pk}/steps/{step}/",
        {
            "subject": "",
            "body": "",
            "design": design.pk,
            "revision": sequence.rule_set.versions.get().revision,
        },
    )

    kept = sequence.rule_set.versions.get().document["steps"][0]
    assert kept["design"] == design.pk
    page = as_max.get(
        f"/sequences/{sequence.pk}/steps/{step}/preview/?lead={lead.pk}"
    ).content.decode()
    assert f"/mail-designs/{design.pk}/frame/?lead={lead.pk}&amp;live=1" in page
    framed = as_max.get(f"/mail-designs/{design.pk}/frame/?lead={lead.pk}&live=1").content.decode()
    assert "Hello from blocks." in framed


def test_a_design_is_chosen_in_a_broadcast(as_max):
    design = a_design(block("text", text="Hello from blocks."), subject="Of the design")
    row = a_broadcast(a_lead())

    as_max.post(
        f"/broadcasts/{row.pk}/edit/",
        {
            "name": "Spring",
            "subject": "",
            "body": "",
            "design": design.pk,
            "purpose": "marketing",
            "timing": "now",
            "revision": row.revision,
        },
    )

    row.refresh_from_db()
    assert row.design == design
    assert "Of the design" in as_max.get(f"/broadcasts/{row.pk}/mail/").content.decode()
