"""A hook from its making to the lead of its first call, by keyboard alone, narrow and wide."""

import hashlib
import hmac
import json
import os

import pytest

from leadflow.integrations.models import HookCall, InboundHook
from leadflow.models import Lead
from tests.leadflow.integrations.calls import SECRET, a_hook, mapping, send

pytestmark = pytest.mark.e2e
BODY = {
    "id": 7,
    "contact": {"email": "ADA@acme.example", "name": "Ada Byron"},
    "answers": [{"key": "town", "value": "Bergen"}],
}


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def choose(page, leaf):
    """Reach a value of the sample by its button and put its path into the field that was used last."""
    page.locator(f'[data-path="{leaf}"]').focus()
    press(page, "Enter")


def call(page, hook, body):
    """As a program elsewhere calls, over HTTP."""
    raw = json.dumps(body).encode()
    mac = hmac.digest(SECRET.encode(), raw, hashlib.sha256).hex()
    headers = {"Content-Type": "application/json", "X-Signature": f"sha256={mac}"}
    return page.request.post(f"/in/{hook.code}/", data=raw, headers=headers)


def test_a_sample_is_mapped_by_keyboard_and_a_signed_call_makes_its_lead(
    page, sign_in, alice, drain_events, axe
):
    hook = a_hook()
    sign_in(page, alice)
    page.goto(f"/settings/hooks/{hook.pk}/map/")
    page.get_by_label("Sample", exact=True).focus()
    page.keyboard.insert_text(json.dumps(BODY))
    page.locator('[data-path="contact.email"]').wait_for()

    page.get_by_label("Email", exact=True).focus()
    choose(page, "contact.email")
    assert page.get_by_label("Email", exact=True).evaluate("one => one === document.activeElement")
    page.get_by_text("A new lead.").wait_for()
    page.get_by_label("Full name, to be split", exact=True).focus()
    choose(page, "contact.name")
    page.get_by_label("City", exact=True).focus()
    choose(page, "answers[key=town].value")
    page.get_by_text("Bergen", exact=True).nth(1).wait_for()  # in the tree, and at the field
    axe(page)
    page.get_by_role("button", name="Save the mapping").focus()
    press(page, "Enter")
    page.get_by_text("Version 1 of the mapping is in force.").wait_for()

    assert call(page, hook, BODY).ok
    drain_events()
    page.reload()
    page.get_by_role("link", name="Ada Byron").focus()
    press(page, "Enter")

    page.get_by_role("heading", name="Ada Byron").first.wait_for()
    assert Lead.objects.get().city == "Bergen"


def test_what_is_wrong_with_a_path_stands_beside_its_field_while_one_types(page, sign_in, alice):
    hook = a_hook()
    sign_in(page, alice)
    page.goto(f"/settings/hooks/{hook.pk}/map/?preset=flat")
    field = page.get_by_label("City", exact=True)
    field.focus()
    page.keyboard.insert_text("a[")
    says = page.locator(f"#{field.get_attribute('aria-describedby')}")
    says.get_by_text("is no path").wait_for()

    assert field.evaluate("one => one === document.activeElement")
    assert field.input_value() == "a["


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1440])
def test_every_page_of_a_hook_fits_and_is_accessible(
    page, sign_in, alice, client, drain_events, axe, fits, width, theme
):
    hook = a_hook(document=mapping(email="email"))
    send(client, hook, {"email": "ada@acme.example"})
    send(client, hook, {"nothing": "a long text that nobody asked for, and that goes on and on"})
    drain_events()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    sign_in(page, alice)
    failed = HookCall.objects.get(state="failed")
    at = f"/settings/hooks/{hook.pk}/"
    for url in (
        "/settings/hooks/", "/settings/hooks/new/", at, f"{at}map/", f"{at}edit/",
        f"{at}calls/{failed.pk}/",
    ):  # fmt: skip
        page.goto(url)
        fits(page)
        axe(page)
        if folder := os.environ.get("SHOTS"):
            name = url.strip("/").replace("/", "-")
            page.screenshot(path=f"{folder}/{width}-{theme}-{name}.png", full_page=True)


def test_a_new_hook_asks_only_what_its_way_of_signing_needs(page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/settings/hooks/new/")
    header = page.get_by_label("Header of the signature")

    assert not header.is_visible()
    page.get_by_label("How calls are signed").select_option("token")
    assert header.is_visible()
    assert not page.get_by_label("Letters of the signature").is_visible()
    page.locator("#id_name").fill("Fair app")
    header.fill("X-Token")
    page.get_by_role("button", name="Make the hook").click()

    page.get_by_text("Copy the secret now").wait_for()
    assert InboundHook.objects.get().header == "X-Token"
