"""What a form may start from: many, each with its reason, each finished enough to go live."""

import pytest

from capture.blocks.report import TYPES
from capture.blocks.starts import GROUPS, STARTS
from capture.forms.answers import form_class
from capture.selectors import reports as filling
from capture.services import forms
from leadflow.kit.clock import now
from tests.factories.occasions import an_occasion

pytestmark = pytest.mark.django_db
FILLED = [key for key in STARTS if key != "blank"]
REPORTED = [key for key in FILLED if STARTS[key].report]


def test_there_are_enough_and_each_says_why():
    assert len(FILLED) >= 20
    assert sum(len(group) for _name, group in GROUPS) == len(STARTS)
    for start in STARTS.values():
        assert str(start.why).endswith(".")


@pytest.mark.parametrize("key", FILLED)
def test_a_start_goes_live_as_it_is_with_its_report(key):
    form = forms.create(name="", by=None, start=key, occasion=an_occasion())
    forms.publish(form=form, by=None)

    form.refresh_from_db()
    assert form.is_open
    assert form.name == str(STARTS[key].name)
    assert form.stage == STARTS[key].stage
    assert hasattr(form, "report") == (key in REPORTED)
    if key in REPORTED:
        assert form.report.live is not None


@pytest.mark.parametrize("key", REPORTED)
def test_its_report_says_something_about_made_up_answers(key):
    content = STARTS[key].content()
    made = form_class(content)
    told = filling.sample(made.asked)
    bound = made(told, at=now())
    bound.is_valid()

    filled = filling.filled(
        STARTS[key].report_content(), asked=made.asked, answers=told | bound.answers(), at=now()
    )

    parts = [part for sheet in filled.sheets for part in sheet]
    assert {part.kind for part in parts} <= {kind.key for kind in TYPES} | {"bars"}
    assert not [part for part in parts if part.value == filling.MISSING]
    assert filling.MISSING not in " ".join(part.text for part in parts)


def test_the_picker_shows_each_with_its_reason_and_a_preview(client, max):
    client.force_login(max)
    page = client.get("/forms/").text

    for key, start in STARTS.items():
        assert f"/forms/starts/{key}/" in page
        assert str(start.why) in page.replace("&#x27;", "'")
    assert "So cheap that you would doubt" in client.get("/forms/starts/willingness/").text
    assert client.get("/forms/starts/unknown/").status_code == 404
