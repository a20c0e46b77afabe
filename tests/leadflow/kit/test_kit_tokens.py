import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import ids, tokens

KEY = "k" * 50


def test_a_token_gives_its_subject_back_for_its_purpose():
    token = tokens.sign(KEY, "unsub.v1", "abc")

    assert tokens.read(KEY, "unsub.v1", token) == "abc"
    assert tokens.read(KEY, "click.v1", token) is None
    assert tokens.read("other key", "unsub.v1", token) is None


@given(st.text(min_size=1, max_size=60).filter(lambda s: "\x00" not in s))
def test_any_text_can_be_the_subject(subject):
    assert tokens.read(KEY, "p", tokens.sign(KEY, "p", subject)) == subject


@pytest.mark.parametrize("junk", ["", ".", "abc", "abc.", ".abc", "äö.ü", "a\ud800.b"])
def test_text_that_nobody_signed_is_refused(junk):
    assert tokens.read(KEY, "p", junk) is None


def test_every_changed_sign_of_a_token_is_refused():
    subject = ids.token()
    token = tokens.sign(KEY, "p", subject)
    signs = string.ascii_letters + string.digits + "-_.="

    for place in range(len(token)):
        for sign in signs:
            mutant = token[:place] + sign + token[place + 1 :]
            assert mutant == token or tokens.read(KEY, "p", mutant) is None
    assert tokens.read(KEY, "p", token + "A") is None
    assert tokens.read(KEY, "p", token[:-1]) is None


def test_a_keyed_hash_is_equal_for_equal_values_only():
    one = tokens.keyed_hash(KEY, "address.v1", "ann@acme.example")

    assert one == tokens.keyed_hash(KEY, "address.v1", "ann@acme.example")
    assert one != tokens.keyed_hash(KEY, "address.v1", "bob@acme.example")
    assert one != tokens.keyed_hash(KEY, "other", "ann@acme.example")
    assert one != tokens.keyed_hash("key", "address.v1", "ann@acme.example")
    assert len(one) == 64
