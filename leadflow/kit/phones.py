"""Telephone numbers, stored in E.164 and shown as people write them."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


def normalise(value: str, country: str | None = None) -> str:
    """The number in E.164 (`+4930…`); ValueError unless it can exist.

    A number without `+` is read as one of `country`, a two-letter code.
    """
    try:
        number = phonenumbers.parse(value.strip(), country.upper() if country else None)
    except NumberParseException as error:
        raise ValueError(_reason(value, country)) from error
    if not phonenumbers.is_possible_number(number) or not phonenumbers.is_valid_number(number):
        raise ValueError("This telephone number does not exist in its country.")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def shown(e164: str) -> str:
    """The international form with spaces; text that is no E.164 number stays as it is."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def country_of(e164: str) -> str:
    """The two-letter country of a number in E.164, or an empty string."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return ""
    code = phonenumbers.region_code_for_number(number)
    return code if code and len(code) == 2 and code.isalpha() else ""


def is_country(code: str) -> bool:
    """Whether numbers of a country of this two-letter code (in capitals) are known."""
    return code in phonenumbers.SUPPORTED_REGIONS


def dial_codes() -> str:
    """Every country with its code, as `DE49,FR33`: what a form in a browser chooses from.

    Of countries that share a code the largest stands first: `US1` before `CA1`.
    """
    return ",".join(
        f"{country}{code}"
        for code, countries in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
        for country in countries
        if country.isalpha() and country not in {"AC", "TA"}  # browsers have no names for these
    )


def _reason(value: str, country: str | None) -> str:
    if not country and not value.strip().startswith("+"):
        return "Begin the telephone number with + and the country code."
    return "This is not a telephone number."
