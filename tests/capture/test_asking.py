"""How answers are read by people."""

import pytest

from capture.blocks.asking import Question


@pytest.mark.parametrize(
    ("props", "value", "words"),
    [
        ({"unit": "kWh"}, 40_000, "40,000 kWh"),
        ({"unit": "m²"}, 12.5, "12.5 m²"),
        ({"unit": "m²"}, True, "Yes"),
        ({}, 2026, "2026"),
        ({"unit": ""}, 2026, "2026"),
        ({"unit": "€"}, "large", "large"),
    ],
)
def test_an_amount_of_something_is_told_with_its_unit(props, value, words):
    assert Question("b1", "number", "n", "N", props).told(value) == words
