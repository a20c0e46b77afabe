import pytest

from leadflow.kit import emails


def test_the_norm_of_an_address_ignores_case():
    assert emails.normalise(" Ann.Lee@Acme.Example ") == "ann.lee@acme.example"


def test_an_international_domain_is_compared_in_ascii():
    assert emails.normalise("info@Bücher.example") == "info@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ann",
        "ann@",
        "@acme.example",
        "a b@acme.example",
        "a@x.io\r\nBcc: v@y.io",
        "a@x\x00.io",
        "a@b",
    ],
)
def test_text_that_is_no_address_is_refused_with_a_sentence(value):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        emails.normalise(value)


def test_role_and_public_mailboxes_are_told_apart():
    role = emails.parse("Sales+eu@acme.example")
    private = emails.parse("ann@gmail.com")

    assert (role.is_role, role.is_public) == (True, False)
    assert (private.is_role, private.is_public, private.domain) == (False, True, "gmail.com")
    assert emails.is_public_domain("GMX.de")
    assert not emails.is_public_domain("acme.example")
    assert emails.domain_of("ann@Sub.acme.example") == "sub.acme.example"
