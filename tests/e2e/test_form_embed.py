"""A form inside a page of another origin: framed by its own sites only, following its height."""

import re
import threading
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from capture.models import Knock, Submission
from tests.factories.capture import published_form
from tests.tools import BROWSER

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
            if serve.policy:
                self.send_header("Content-Security-Policy", serve.policy)
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

    serve.origin, serve.policy = origin, ""
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
    inside.get_by_role("button", name="Send").click()

    expect(inside.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page).to_have_title(f"sent {form.public_id}")
    row = Submission.objects.get()
    assert (row.channel, row.page_url) == ("embed", f"{origin}/roof?utm_source=fair")
    assert row.utm == {"utm_source": "fair"}
    assert page.context.cookies() == []


def test_without_script_a_frame_shows_the_form_and_sends_it(
    browser, live_server, other_site, form, client, max
):
    client.force_login(max)
    share = client.get(f"/forms/{form.pk}/share/", {"as": "iframe"}).text
    snippet = unescape(share.split('id="lf-snippet">')[1].split("</textarea>")[0])
    address = re.search(r'src="[^"]*?(/f/[^"]+)"', snippet)[1]
    frame = snippet.replace(re.search(r'src="([^"]+)"', snippet)[1], live_server.url + address)
    origin = other_site(f'<!doctype html><meta charset="utf-8"><title>Shop</title>{frame}')
    context = browser.new_context(java_script_enabled=False, user_agent=BROWSER)
    page = context.new_page()

    page.goto(f"{origin}/roof")
    inside = page.frame_locator("iframe")
    inside.get_by_label("Email").fill("ada@north.example")
    inside.get_by_role("button", name="Send").click()

    expect(inside.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().lead.email == "ada@north.example"
    assert context.cookies() == []
    context.close()


def test_the_frame_follows_the_height_of_the_form(page, live_server, other_site, form):
    origin = other_site(PAGE.format(app=live_server.url, code=form.public_id))

    page.goto(origin)
    page.frame_locator("iframe").get_by_role("button", name="Send").wait_for()
    page.wait_for_function("document.querySelector('iframe').offsetHeight > 500")

    height = page.evaluate("document.querySelector('iframe').offsetHeight")
    inner = page.frames[1].evaluate("document.documentElement.offsetHeight")
    assert abs(height - inner) <= 2


def test_a_mistyped_address_is_offered_in_the_frame_and_taken_by_key(
    page, live_server, other_site, form
):
    page.goto(other_site(PAGE.format(app=live_server.url, code=form.public_id)))
    inside = page.frame_locator("iframe")
    inside.get_by_role("button", name="Send").wait_for()
    page.wait_for_function("document.querySelector('iframe').offsetHeight > 500")
    before = page.evaluate("document.querySelector('iframe').offsetHeight")

    inside.get_by_label("Email").press_sequentially("ann@gnail.com")
    offer = inside.get_by_role("button", name="Did you mean ann@gmail.com?")
    expect(offer).to_be_visible()
    page.wait_for_function(f"document.querySelector('iframe').offsetHeight > {before}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(inside.get_by_label("Email")).to_have_value("ann@gmail.com")
    expect(offer).to_have_count(0)


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


STRICT = (
    "default-src 'none'; script-src {app} 'self'; style-src 'self'; frame-src {app}; img-src data:"
)
OPENED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<h1>Our shop</h1><p><a id="before" href="#a">Before</a></p>
<p><a href="{app}/f/{code}/" data-leadflow-open="{code}">Get the guide</a></p>
<script src="{app}/embed.js" data-form="{code}" data-title="Our guide" {data} async></script>"""


def opened(other_site, live_server, form, data):
    other_site.policy = STRICT.format(app=live_server.url)
    return other_site(OPENED.format(app=live_server.url, code=form.public_id, data=data))


def focused(page):
    """Where the focus is: inside the popup, or an element of the page."""
    return page.evaluate(
        "() => { const at = document.activeElement; return at.shadowRoot ? 'inside' : at.id || at.localName }"
    )


def test_a_popup_opens_by_its_link_under_a_policy_without_inline_style(
    page, live_server, other_site, form, axe
):
    page.goto(opened(other_site, live_server, form, 'data-as="popup"'))
    assert page.locator("iframe").count() == 0  # nothing is loaded before somebody asks

    page.get_by_role("link", name="Get the guide").click()

    dialog = page.get_by_role("dialog", name="Our guide")
    expect(dialog).to_be_visible()
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("button", name="Send")).to_be_visible()
    look = dialog.evaluate("(box) => getComputedStyle(box).borderRadius")
    assert look == "12px"
    axe(page)
    inside.get_by_label("First name (optional)").fill("Ada")
    inside.get_by_label("Email").fill("ada@north.example")
    inside.get_by_role("button", name="Send").click()
    expect(inside.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().channel == "embed"


def test_a_popup_keeps_the_focus_closes_on_escape_and_gives_it_back(
    page, live_server, other_site, form
):
    page.goto(opened(other_site, live_server, form, 'data-as="popup"'))
    link = page.get_by_role("link", name="Get the guide")
    link.focus()
    page.keyboard.press("Enter")
    page.frame_locator("iframe").get_by_role("button", name="Send").wait_for()
    met = set()
    for _ in range(14):
        page.keyboard.press("Tab")
        met.add(focused(page))
    assert met <= {"inside", "body"}  # body: the browser's own controls come between the rounds

    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(link).to_be_focused()

    page.keyboard.press("Enter")
    page.frame_locator("iframe").get_by_label("Email").focus()
    page.keyboard.press("Escape")  # inside the form, which stands in another document
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_slide_in_comes_by_itself_and_takes_no_focus(page, live_server, other_site, form):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(opened(other_site, live_server, form, 'data-as="slide-in" data-after="0.2"'))
    panel = page.get_by_role("region", name="Our guide")

    expect(panel).to_be_visible()
    page.frame_locator("iframe").get_by_role("button", name="Send").wait_for()
    assert focused(page) == "body"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    panel.get_by_role("button", name="Close").click()

    expect(panel).to_be_hidden()
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]


def test_what_was_closed_stays_away_for_the_visit_where_the_page_allows_it(
    page, live_server, other_site, form
):
    data = 'data-as="slide-in" data-after="0" data-once="visit"'
    origin = opened(other_site, live_server, form, data)
    page.goto(origin)
    page.get_by_role("region").get_by_role("button", name="Close").click()
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [1, 0]

    page.goto(origin + "/another")
    page.wait_for_timeout(500)

    expect(page.get_by_role("region")).to_have_count(0)
    page.get_by_role("link", name="Get the guide").click()  # but whoever asks for it gets it
    expect(page.get_by_role("region")).to_be_visible()


def test_a_popup_comes_halfway_down_the_page_or_on_leaving(page, live_server, other_site, form):
    origin = opened(other_site, live_server, form, 'data-as="popup" data-scroll="50" data-exit')
    page.goto(origin)
    page.wait_for_timeout(300)
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.evaluate(
        "document.documentElement.dispatchEvent(new MouseEvent('mouseleave', { clientY: -1 }))"
    )

    expect(page.get_by_role("dialog")).to_be_visible()


def test_without_script_the_link_of_a_popup_leads_to_the_form(
    browser, live_server, other_site, form
):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(opened(other_site, live_server, form, 'data-as="popup"'))

    page.get_by_role("link", name="Get the guide").click()

    expect(page.get_by_label("Email")).to_be_visible()
    context.close()
