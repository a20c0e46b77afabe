"""Names of firms, compared without their legal form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import firms


@pytest.mark.parametrize(
    "name",
    [
        "Acme", "ACME", "acme gmbh", "Acme GmbH", "Acme G.m.b.H.", "Acme, Inc.", "Acme Inc", "The Acme Company",
        "Acme GmbH & Co. KG", "Acme UG (haftungsbeschränkt)", "Acme S.A.R.L.", "Acme S. A.", "Acme A/S",
        "ACME Sp. z o.o.", "Acme s.r.o.", "Acme d.o.o.", "Acme Ltd.", "Acme Pty Ltd", "Acmé AG",
        "Acme S.A. de C.V.", "Acme Co., Ltd.", "Acme S.p.A.", "Acme B.V.", "  Acme   OÜ ",
    ],
)  # fmt: skip
def test_spellings_of_one_firm_share_a_key(name):
    assert firms.key(name) == "acme"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Acme Tools GmbH", "Acme GmbH"), ("Beck & Sohn", "Beck"), ("AB Volvo", "Volvo Cars AB"),
     ("Müller & Co", "Müllers & Co"), ("Acme 2 GmbH", "Acme GmbH")],
)  # fmt: skip
def test_other_firms_keep_other_keys(one, other):
    assert firms.key(one) != firms.key(other)


@pytest.mark.parametrize(
    ("name", "key"), [("AG", "ag"), ("Co & Co KG", "co"), ("GmbH & Co. KG", "gmbh"), ("Limited", "limited"),
                      ("H&M", "h m"), ("O'Neill Ltd", "oneill"), ("3M Company", "3m"), ("!!", "")],
)  # fmt: skip
def test_a_name_of_forms_alone_keeps_a_word(name, key):
    assert firms.key(name) == key


@given(st.text(max_size=60))
def test_a_key_is_its_own_key(name):
    assert firms.key(firms.key(name)) == firms.key(name)
