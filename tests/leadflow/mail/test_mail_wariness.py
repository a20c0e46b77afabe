"""What filters and readers take for spam is hinted at before a mail goes, and stands in nobody's way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.mail import wariness
from leadflow.mail.design import checking
from leadflow.mail.design.starts import STARTS
from leadflow.mail.design.starts.parts import block
from nurturing import rules
from nurturing.services import checking as before_sending
from nurturing.services import recipes
from tests.factories.designs import a_document
from tests.factories.nurturing import a_broadcast, a_reader, a_sequence, mail_step


@pytest.mark.parametrize(
    ("subject", "part"),
    [
        ("Re: your roof", "“Re:”"),
        ("AW: Ihr Dach", "“AW:”"),
        ("LAST CHANCE FOR YOUR ROOF", "in capitals"),
        ("ГОТОВО К ОТПРАВКЕ", "in capitals"),
        ("Your roof!!", "Several signs"),
        ("Act  now, and save", "“act now”"),
        ("Nur heute: {{ lead.first_name }}", "“nur heute”"),
    ],
)
def test_a_subject_that_shouts_or_pretends_is_named(subject, part):
    (said,) = wariness.of_subject(subject)

    assert part in said


@pytest.mark.parametrize(
    "subject",
    ["Grid fees, and a cold store", "IBM", "Re-roofing in March", "What {{ COMPANY }} saves", "日本の屋根",
     "We react now", "Interact nowhere", "Dein Dach, dein Strom"],
)  # fmt: skip
def test_an_honest_subject_says_nothing(subject):
    assert list(wariness.of_subject(subject)) == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Read it: [here](https://bit.ly/x1)", "bit.ly hides"),
        ("https://user@www.TinyURL.com/a", "tinyurl.com hides"),
        ("No obligation, no strings attached.", "“no obligation”, “no strings attached”"),
        ("It is free$$", "Several signs"),
    ],
)
def test_a_message_with_worn_words_or_hidden_links_is_named(text, part):
    (said,) = wariness.of_text(text)

    assert part in said


def test_words_inside_an_address_are_no_words_of_the_message():
    assert list(wariness.of_text("[Act now](https://a.example/)")) != []
    assert (
        list(wariness.of_text("[The order](https://a.example/?do=act%20now&no obligation)")) == []
    )


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    said = [*wariness.of_subject(text), *wariness.of_text(f"https://{text}")]

    assert all(isinstance(one, str) for one in said)


def test_what_we_offer_to_begin_from_says_none_of_it():
    said = []
    for recipe in recipes.SEQUENCES.values():
        for step in rules.all_steps(recipe.document()["steps"]):
            if step["type"] == "email":
                said += before_sending.wary([step["subject"]], step["body"])

    assert said == []


@pytest.mark.django_db
def test_no_template_of_the_gallery_says_any_of_it():
    said = {key: list(checking.wary(start.content())) for key, start in STARTS.items()}

    assert {key: some for key, some in said.items() if some} == {}


@pytest.mark.django_db
def test_the_check_of_a_design_names_the_block():
    content = a_document(block("text", text="Act now."), subject="Re: roofs")

    told = [(hint.where, hint.message) for hint in checking.hints(content)]

    assert any(where == "Text, block 1" and "“act now”" in said for where, said in told)
    assert any(where == "" and "“Re:”" in said for where, said in told)


@pytest.mark.django_db
def test_broadcast_and_sequence_hint_at_it_and_may_go_all_the_same(client, max):
    broadcast = a_broadcast(a_reader(), subject="WE HAVE NEWS TODAY", body="Order now.")
    sequence = a_sequence(mail_step("Hello", "Order now."), publish=False)
    client.force_login(max)

    review = client.get(f"/broadcasts/{broadcast.pk}/review/").content.decode()
    check = client.get(f"/sequences/{sequence.pk}/check/").content.decode()

    assert "in capitals" in review
    assert "“order now”" in review
    assert "“Hello”: Filters know this from spam" in check
    assert "Something stands in its way" not in check
