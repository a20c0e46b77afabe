"""Signatures by five schemes, against vectors worked out elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.integrations import signing
from leadflow.integrations.signing import Call, Scheme, digest, is_signed
from leadflow.kit.sealing import seal, unseal

# The vector of the reference implementations of Standard Webhooks.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
SENT = datetime.fromtimestamp(1614265330, UTC)
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
# openssl dgst -sha256 -hmac key, over "hello"
HEX = "9307b3b915efb5171ff14d8cb55fbcc798c6c0ef1456d66ded1a6aa723a58b7b"
BASE64 = "kwezuRXvtRcf8U2MtV+8x5jGwO8UVtZt7RpqpyOli3s="
# openssl dgst -sha256 -hmac key, over "1614265330.hello"
TIMED = "da068edb77613ca725c663c9ecaa2f4ecd118b71a411201bcf8d0e4e40fc759c"


def standard(**changed):
    headers = STANDARD | {name.replace("_", "-"): value for name, value in changed.items()}
    return Call(BODY, headers, SENT)


def test_the_vector_of_standard_webhooks_is_signed():
    assert is_signed(standard(), Scheme("standard"), [SECRET])


def test_one_of_several_signatures_is_enough_while_a_sender_changes_over():
    several = f"v1,AAAA v2,else {STANDARD['webhook-signature']}"
    assert is_signed(standard(webhook_signature=several), Scheme("standard"), [SECRET])


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook_id": "msg_other"},
        {"webhook_id": ""},
        {"webhook_timestamp": "1614265331"},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": "²"},
        {"webhook_signature": ""},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1,\u00e9\u00e9"},
        {"webhook_signature": STANDARD["webhook-signature"].removeprefix("v1,")},
    ],
)
def test_a_standard_call_that_differs_in_anything_is_not_signed(changed):
    assert not is_signed(standard(**changed), Scheme("standard"), [SECRET])


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (300, True), (301, False), (-301, False)])
def test_a_stamp_may_be_five_minutes_off(seconds, good):
    late = Call(BODY, STANDARD, SENT + timedelta(seconds=seconds))
    assert is_signed(late, Scheme("standard"), [SECRET]) is good


@pytest.mark.parametrize(
    ("scheme", "told", "good"),
    [
        (Scheme("hmac", "X-Sig"), HEX, True),
        (Scheme("hmac", "X-Sig"), HEX.upper(), True),
        (Scheme("hmac", "X-Sig", "hex", "sha256="), f"sha256={HEX}", True),
        (Scheme("hmac", "X-Sig", "hex", "sha256="), HEX, False),
        (Scheme("hmac", "X-Sig", "base64", "sha256="), f"sha256={BASE64}", True),
        (Scheme("hmac", "X-Sig", "base64"), HEX, False),
        (Scheme("hmac", "X-Sig"), "", False),
        (Scheme("hmac", "X-Other"), HEX, False),
    ],
)
def test_an_hmac_is_read_where_and_as_the_hook_says(scheme, told, good):
    assert is_signed(Call(b"hello", {"x-sig": told}, SENT), scheme, ["key"]) is good


@pytest.mark.parametrize(
    ("told", "good"),
    [
        (f"t=1614265330,v1={TIMED}", True),
        (f"t=1614265330, v0=old, v1=00, v1={TIMED}", True),
        (f"t=1614265331,v1={TIMED}", False),
        (f"v1={TIMED}", False),
        ("t=1614265330", False),
        ("", False),
    ],
)
def test_a_stamped_hmac_covers_its_stamp(told, good):
    call = Call(b"hello", {"calendly-webhook-signature": told}, SENT)
    assert is_signed(call, Scheme("timed", "Calendly-Webhook-Signature"), ["key"]) is good


def test_a_token_is_compared_by_its_digest():
    scheme = Scheme("token", "Authorization", prefix="Bearer ")
    call = Call(b"{}", {"authorization": "Bearer a-long-enough-token"}, SENT)

    assert is_signed(call, scheme, [digest("a-long-enough-token")])
    assert not is_signed(call, scheme, [digest("another")])
    assert not is_signed(call, scheme, ["a-long-enough-token"])
    assert not is_signed(Call(b"{}", {}, SENT), scheme, [digest("a-long-enough-token")])


def test_a_key_inside_the_body_is_found_at_its_path():
    scheme = Scheme("body", "google_key")
    body = b'{"google_key": "a-long-enough-token"}'

    assert is_signed(Call(body, {}, SENT), scheme, [digest("a-long-enough-token")])
    assert not is_signed(Call(b'{"google_key": null}', {}, SENT), scheme, [digest("x")])
    assert not is_signed(Call(b"no json", {}, SENT), scheme, [digest("x")])


def test_without_a_secret_nothing_is_signed():
    assert not is_signed(standard(), Scheme("standard"), [])


@given(st.sampled_from(["standard", "hmac", "timed", "token", "body"]), st.text(), st.binary())
def test_whatever_comes_is_refused_and_breaks_nothing(kind, told, body):
    headers = dict.fromkeys(("x-sig", *STANDARD), told)
    assert not is_signed(Call(body, headers, SENT), Scheme(kind, "x-sig"), ["another secret"])


def test_what_is_sealed_is_opened_by_its_own_key_only():
    sealed = seal("key", "hook", "secret")

    assert "secret" not in sealed
    assert unseal("key", "hook", sealed) == "secret"
    assert unseal("other", "hook", sealed) is None
    assert unseal("key", "else", sealed) is None
    assert unseal("key", "hook", sealed[:-2]) is None


def test_our_own_signature_is_the_one_of_the_vector():
    made = signing.standard(SECRET, STANDARD["webhook-id"], STANDARD["webhook-timestamp"], BODY)
    assert made == STANDARD["webhook-signature"]
