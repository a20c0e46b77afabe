"""What the form door leaves behind, row for row.

rows_of_posts.json was written by the door when it still wrote row by row. After a change of what a
post shall leave, write it anew with `LEADFLOW_WRITE_ROWS=1` and read the difference.
"""

import json
import os
import re
from pathlib import Path

import pytest
import time_machine

from tests.capture.posts import rows_left, send_all
from tests.factories.core import NOON

KEPT = Path(__file__).with_name("rows_of_posts.json")

pytestmark = pytest.mark.django_db


def comparable(rows):
    """As text, without what is random: ids of forms by the order of their coming, no code."""
    text = re.sub(r"/f/\w+/", "/f/code/", json.dumps(rows, indent=1, sort_keys=True))
    ids = list(dict.fromkeys(re.findall(r"form:(\d+)", text)))
    places = {pk: str(place) for place, pk in enumerate(sorted(ids, key=int), start=1)}
    text = re.sub(r"form:(\d+)", lambda hit: f"form:{places[hit[1]]}", text)
    return re.sub(r'"(form|form_id|version_id)": (\d+)', lambda hit: f'"{hit[1]}": "some"', text)


def test_a_series_of_posts_leaves_the_rows_that_it_always_left(client, settings):
    settings.FORM_POSTS_PER_MINUTE = 0
    with time_machine.travel(NOON, tick=False):
        send_all(client)

    found = comparable(rows_left())

    if os.environ.get("LEADFLOW_WRITE_ROWS"):
        KEPT.write_text(found + "\n")
    assert json.loads(found) == json.loads(KEPT.read_text())
