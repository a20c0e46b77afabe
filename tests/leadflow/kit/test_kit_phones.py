import pytest

from leadflow.kit import phones


@pytest.mark.parametrize(
    ("value", "country", "e164"),
    [
        ("030 901820", "DE", "+4930901820"),
        ("(212) 736-5000", "us", "+12127365000"),
        ("+44 20 7946 0958", None, "+442079460958"),
        ("tel:+33 1 42 68 53 00", "DE", "+33142685300"),
    ],
)
def test_a_number_is_read_by_its_country(value, country, e164):
    assert phones.normalise(value, country) == e164


def test_a_number_without_a_country_asks_for_the_plus():
    with pytest.raises(ValueError, match=r"country code"):
        phones.normalise("030 901820")


@pytest.mark.parametrize("value", ["call me", "+49 1", "12", "+999 12345678", "9" * 300])
def test_what_cannot_be_a_number_is_refused(value):
    with pytest.raises(ValueError, match="telephone number"):
        phones.normalise(value, "DE")


def test_a_number_is_shown_in_its_international_form():
    assert phones.shown("+4930901820") == "+49 30 901820"
    assert phones.shown("extension 5") == "extension 5"
    assert phones.country_of("+4930901820") == "DE"
    assert phones.country_of("?") == ""
