import dataclasses
import re
from pathlib import Path
from types import UnionType
from typing import get_args, get_origin, get_type_hints

import pytest
from django.conf import settings
from django.utils.timezone import now

from leadflow.events import fitting
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.timeline.names import Names
from leadflow.timeline.presenters import PRESENTERS, present

SAMPLES = {str: "word", int: 7, float: 1.5, bool: True}


def sample(kind):
    """Data that fits the kind, every key filled."""
    hints = get_type_hints(kind.payload)
    return {
        f.name.rstrip("_"): value_of(hints[f.name], f.name)
        for f in dataclasses.fields(kind.payload)
    }


def value_of(hint, name):
    if name in ("amount", "worth"):
        return "1200.50"
    if isinstance(hint, UnionType):
        hint = next(option for option in get_args(hint) if option is not type(None))
    if get_origin(hint) is list:
        return [SAMPLES[get_args(hint)[0]]]
    return SAMPLES.get(hint, "word")


def event(kind, data):
    return Event(kind=kind.value, lead_id=1, actor_id=2, data=data, occurred_at=now())


NAMES = Names(users={2: "Bob", 7: "Mia"}, leads={1: "Anneke", 7: "Other"})


def test_every_kind_has_a_presenter():
    assert set(PRESENTERS) == set(Kind)


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_every_kind_reads_as_a_sentence(kind):
    data = sample(kind)
    fitting.check(kind.payload, data)

    shown = present(event(kind, data), NAMES)

    assert shown.who
    assert shown.text
    assert not re.search(r"[{}]|%\(|None|\s\s", f"{shown.who} {shown.text} {' '.join(shown.why)}")


def test_a_lead_that_goes_back_to_marketing_says_until_which_day():
    shown = present(event(Kind.LEAD_RECYCLED, {"return_on": "2026-12-10"}), NAMES)

    assert shown.text == "sent the lead back to marketing until 10 Dec 2026"


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_every_kind_reads_although_its_data_was_erased(kind):
    shown = present(event(kind, {}), NAMES)

    assert shown.text


def test_every_icon_is_in_the_sprite():
    sprite = (Path(settings.BASE_DIR) / "static/img/icons.svg").read_text()
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))

    used = {present(event(kind, sample(kind)), NAMES).icon for kind in Kind}
    assert used <= known


def test_a_kind_of_a_later_release_shows_its_name():
    assert present(Event(kind="lead.cloned", data={}), NAMES).text == "lead.cloned"
