"""What the wizard proposes: how days are written, what an unknown word may mean."""

import pytest

from leadflow.imports import mapping
from leadflow.imports.registry import Field
from leadflow.imports.words import Unknown


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        (["2026-12-31"], "iso"),
        (["31.12.2026"], "dmy"),
        (["1/2/2026", "31/12/2026"], "dmy"),
        (["1/2/2026", "12/31/2026"], "mdy"),
        (["1/2/2026"], "dmy"),
        (["1.2.2026", "12/31/2026"], "dmy"),
        (["no day", ""], "iso"),
    ],
)
def test_how_a_file_writes_days_is_guessed(cells, dates):
    assert mapping.guess_dates(cells) == dates


@pytest.mark.parametrize(
    ("word", "near"),
    [("GTXPro", "GTX Pro"), ("gtx-pro", "GTX Pro"), ("MG Spezial", "MG Special"), ("Tractor", "")],
)
def test_an_option_that_is_written_almost_alike_is_proposed(word, near):
    options = ["GTX Basic", "GTX Pro", "GTX Plus Pro", "MG Special"]
    assert Unknown(Field(key="product", label="Product"), {}, options, False).nearest(word) == near
