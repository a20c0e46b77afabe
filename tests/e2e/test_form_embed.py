"""A form inside a page of another origin: framed by its own sites only, following its height."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from capture.models import Knock, Submission
from tests.factories.capture import published_form

PAGE = """<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<h1>Our shop</h1><div id="place"><script src="{app}/embed.js" data-form="{code}" async></script></div>
<script>addEventListener("leadflow:submitted", (e) => {{ document.title = "sent " + e.detail.form; }});</script>"""


@pytest.fixture
def other_site():
    """serve(html) gives the address of a page on another origin."""
    pages = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(pages["html"].encode())

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_port}"

    def serve(html):
        pages["html"] = html
        return origin

    serve.origin = origin
    yield serve
    server.shutdown()
    server.server_close()


@pytest.fixture
def form(transactional_db, other_site):
    """A form that the other site may embed."""
    Knock.objects.all().delete()
    return published_form(allowed_origins=[other_site.origin])


def test_a_visitor_of_another_site_sends_the_embedded_form(page, live_server, other_site, form):
    origin = other_site(PAGE.format(app=live_server.url, code=form.public_id))

    page.goto(f"{origin}/roof?utm_source=fair")
    inside = page.frame_locator("iframe")
    inside.get_by_label("First name (optional)").fill("Ada")
    inside.get_by_label("Email").fill("ada@north.example")
    page.wait_for_timeout(2100)
    inside.get_by_role("button", name="Send").click()

    expect(inside.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page).to_have_title(f"sent {form.public_id}")
    row = Submission.objects.get()
    assert (row.channel, row.page_url) == ("embed", f"{origin}/roof?utm_source=fair")
    assert row.utm == {"utm_source": "fair"}
    assert page.context.cookies() == []


def test_the_frame_follows_the_height_of_the_form(page, live_server, other_site, form):
    origin = other_site(PAGE.format(app=live_server.url, code=form.public_id))

    page.goto(origin)
    page.frame_locator("iframe").get_by_role("button", name="Send").wait_for()
    page.wait_for_function("document.querySelector('iframe').offsetHeight > 500")

    height = page.evaluate("document.querySelector('iframe').offsetHeight")
    inner = page.frames[1].evaluate("document.documentElement.offsetHeight")
    assert abs(height - inner) <= 2


def test_abuse_A19_a_site_that_is_not_allowed_shows_no_form(
    page, live_server, other_site, form, console
):
    form.allowed_origins = ["https://shop.example"]
    form.save()
    origin = other_site(PAGE.format(app=live_server.url, code=form.public_id))

    page.goto(origin)
    page.wait_for_timeout(1000)

    assert page.frames[1].url.startswith("chrome-error://")
    console.clear()  # the browser reports the refused frame


def test_what_could_not_be_sent_is_kept_and_sent_again_under_one_id(
    page, live_server, form, console
):
    page.goto(live_server.url + form.public_path)
    page.get_by_label("Email").fill("ada@north.example")
    page.wait_for_timeout(2100)
    page.route(
        "**/f/**",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".lf-note")).to_contain_text("kept in this browser")

    page.unroute("**/f/**")

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible(timeout=15_000)
    assert Submission.objects.count() == 1
    console.clear()  # the browser reports the broken request
