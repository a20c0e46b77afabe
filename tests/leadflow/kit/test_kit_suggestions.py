"""What was meant by a mistyped address: server and browser say the same, and leave right ones alone."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import emails

SUGGESTIONS = Path(emails.__file__).with_name("suggestions.json")
MODULE = Path(__file__).resolve().parents[3] / "static/js/mistyped.js"
VECTORS = json.loads(SUGGESTIONS.read_text())
EXPECTED = {**VECTORS["meant"], **dict.fromkeys(VECTORS["right"], "")}
RUN = """
const { suggest } = await import(process.argv[1]);
const [addresses, domains] = JSON.parse(process.argv[2]);
console.log(JSON.stringify(Object.fromEntries(addresses.map((one) => [one, suggest(one, domains)]))));
"""


@pytest.mark.parametrize(("typed", "meant"), EXPECTED.items())
def test_a_mistyped_domain_suggests_what_was_meant(typed, meant):
    assert emails.suggest(typed) == meant


def test_no_mailbox_that_people_really_have_is_taken_for_a_mistyped_one():
    assert [one for one in sorted(emails.PUBLIC) if emails.suggest(f"ann@{one}")] == []


def test_a_domain_that_is_known_to_be_right_suggests_nothing():
    assert emails.suggest("ann@gmial.com", {"gmial.com"}) == ""


@given(st.sampled_from(emails.COMMON), st.data())
def test_a_swap_of_two_letters_within_a_long_name_is_put_right(common, data):
    name, _dot, ending = common.partition(".")
    if len(name) < 5:
        return
    place = data.draw(st.integers(1, len(name) - 2))
    typed = name[:place] + name[place + 1] + name[place] + name[place + 2 :]

    wanted = "" if typed == name else f"ann@{common}"
    assert emails.suggest(f"ann@{typed}.{ending}") == wanted


@given(st.text("gmailco.yh", max_size=12), st.text("gmailco.yh", max_size=12))
def test_a_distance_is_none_only_between_equals_and_the_same_both_ways(one, other):
    assert (emails.distance(one, other) == 0) == (one == other)
    assert emails.distance(one, other) == emails.distance(other, one)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; Chromium compares")
def test_the_browser_agrees_with_the_shared_vectors():
    asked = json.dumps([list(EXPECTED), emails.COMMON])
    done = subprocess.run(
        ["node", "--input-type=module", "-e", RUN, "--", MODULE.as_uri(), asked],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert json.loads(done.stdout) == EXPECTED


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ann@acme.example", "work"),
        ("ann@gmail.com", "personal"),
        ("info+eu@acme.example", "role"),
        ("Sales@gmail.com", "role"),
        ("info@mailinator.com", "throwaway"),
        ("ann@inbox.mailinator.com", "throwaway"),
        ("", ""),
    ],
)
def test_an_address_tells_whose_mailbox_it_is(address, kind):
    assert emails.kind(address) == kind


@given(
    st.sampled_from(["bücher", "münchen", "café", "日本", "пример"]),
    st.sampled_from(["example", "de", "com"]),
)
def test_an_international_domain_is_one_mailbox_however_it_is_written(name, ending):
    domain = f"{name}.{ending}"
    shown, ascii_ = (
        emails.parse(f"ann@{domain}"),
        emails.parse(f"ann@{domain.encode('idna').decode()}"),
    )

    assert shown == ascii_
    assert emails.parse(f"ann@{domain.upper()}").norm == shown.norm
