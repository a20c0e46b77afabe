import re

from leadflow.kit import ids


def test_codes_are_short_readable_and_differ():
    made = {ids.code() for _ in range(1_000)}

    assert len(made) == 1_000
    assert all(re.fullmatch(r"[2-9b-df-hj-km-np-tv-xz]{10}", code) for code in made)


def test_tokens_carry_128_bits_and_fit_a_url():
    made = {ids.token() for _ in range(1_000)}

    assert len(made) == 1_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", token) for token in made)


def test_uuid7_has_its_version_and_sorts_by_time():
    made = [ids.uuid7() for _ in range(50)]

    assert {u.version for u in made} == {7}
    assert {u.variant for u in made} == {"specified in RFC 4122"}
    assert [u.int >> 80 for u in made] == sorted(u.int >> 80 for u in made)
