"""The short way to an address says what the long one says."""

from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from leadflow.kit import emails

SIGNS = "aZ09._+-@ \"'é\u0301<>()xn--bücher.example\t\r\n"
ADDRESSES = st.one_of(
    st.emails(),
    st.text(SIGNS, max_size=40),
    st.builds("{}@{}".format, st.text("aB9._+-", max_size=70), st.sampled_from(
        ["acme.example", "Bücher.example", "b", "localhost", "x.test", "[127.0.0.1]", "-a.example",
         "a..example", "a" * 64 + ".example", ".".join(["a" * 60] * 4), "b@c.example", "b.c <d@e.fi>"]
    )),
)  # fmt: skip


@given(ADDRESSES)
@example("info@acme.example")
@example("INFO@acme.example")
@example("a" * 64 + "@" + ".".join(["b" * 60, "c" * 60, "d" * 60, "eeee"]))
@example("a@" + ".".join(["b" * 60, "c" * 60, "d" * 60, "e" * 60, "xample"]))
def test_an_address_is_read_as_the_validator_reads_it(value):
    emails.parse.cache_clear()

    assert ours(value) == theirs(value)


def theirs(value):
    try:
        valid = validate_email(value.strip(" \t"), check_deliverability=False)
    except EmailNotValidError as error:
        return str(error)
    return valid.normalized, (valid.ascii_domain or valid.domain).lower()


def ours(value):
    try:
        found = emails.parse(value)
    except ValueError as error:
        return str(error)
    return found.address, found.domain
