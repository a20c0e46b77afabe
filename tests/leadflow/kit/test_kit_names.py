import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit.names import split


@pytest.mark.parametrize(
    ("full", "given_name", "family"),
    [
        ("Ann Lee", "Ann", "Lee"),
        ("Lee, Ann", "Ann", "Lee"),
        ("Ann B. Lee", "Ann B.", "Lee"),
        ("Dr. Ann van der Lee", "Ann", "van der Lee"),
        ("O'Brien, Pat Jr.", "Pat", "O'Brien"),
        ("Ann", "Ann", ""),
        ("李小龙", "李小龙", ""),
        ("  ", "", ""),
    ],
)
def test_a_full_name_is_taken_apart(full, given_name, family):
    assert split(full) == (given_name, family)


@given(st.text(max_size=300))
def test_any_text_comes_apart_into_two_lines(full):
    given_name, family = split(full)

    assert "\n" not in given_name + family
