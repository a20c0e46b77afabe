"""How a visitor came, read from whatever a browser or a stranger tells."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadflow.kit import touches

HOSTILE = st.one_of(
    st.text(max_size=200),
    st.binary(max_size=100),
    st.none(),
    st.integers(),
    st.lists(st.text(max_size=5), max_size=3),
    st.builds("https://{}/{}?{}#{}".format, *[st.text(max_size=40)] * 4),
    st.builds("{}://{}:{}".format, st.text(max_size=8), st.text(max_size=20), st.text(max_size=8)),
)


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
@example("http://[")
@example("https://a:99999/")
@example("https://\ud800.example/")
@example("https://x.example/\r\nSet-Cookie: a=b")
@example("https://x.example/?" + "&".join(f"k{n}=v" for n in range(200)))
@example("https://a@b.example:80\\@evil.example/")
@example("HTTPS://EXAMPLE.COM./a")
def test_no_address_breaks_the_reading(address):
    page, host, came = touches.page(address), touches.host_of(address), touches.referrer(address)

    for told in (page, host, came):
        told.encode()
        assert len(told) <= touches.MAX_ADDRESS
        assert not any(ord(sign) < 32 for sign in told)
        assert "?" not in told
        assert "#" not in told
    assert not page or page.startswith(("http://", "https://"))
    assert touches.referrer(address, {host}) == ""
    assert isinstance(touches.parameters(address), dict)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*touches.PARAMETERS, "email"]), HOSTILE, max_size=20))
def test_campaign_parameters_are_short_lines_of_known_names(query):
    told = touches.campaign(query)

    json.dumps(told).encode()
    assert set(told) <= set(touches.PARAMETERS)
    for value in told.values():
        assert 0 < len(value) <= touches.MAX_VALUE
        assert not any(ord(sign) < 32 for sign in value)
    assert len(touches.source(told, "")) <= 80
    assert touches.campaign(told) == told


def test_people_s_data_behind_the_question_mark_is_not_kept():
    address = "https://Shop.Example/thanks/?email=ann@a.example&utm_source=News#frag"

    assert touches.page(address) == "https://shop.example/thanks/"
    assert touches.campaign(touches.parameters(address)) == {"utm_source": "News"}


@pytest.mark.parametrize(
    ("params", "came_from", "expected"),
    [
        ({"utm_source": "LinkedIn", "gclid": "x"}, "https://google.com/", "linkedin"),
        ({"gclid": "x"}, "https://www.google.com/", "google"),
        ({"li_fat_id": "x"}, "", "linkedin"),
        ({}, "https://www.blog.example:8443/post", "blog.example"),
        ({}, "", ""),
    ],
)
def test_a_touch_names_its_source_by_link_then_click_id_then_site(params, came_from, expected):
    assert touches.source(params, came_from) == expected


def test_our_own_pages_are_no_referrer():
    assert touches.referrer("https://shop.example/a", {"shop.example"}) == ""
    assert (
        touches.referrer("https://news.example/a?q=1", {"shop.example"}) == "https://news.example/a"
    )
