"""A08: the big list of naughty strings in every field that strangers and files can fill."""

import csv
import io
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from capture.models import Behaviour, Knock, Submission
from leadflow.imports import services
from leadflow.imports.models import ImportRow
from leadflow.kit import emails, text
from leadflow.models import CustomField, Lead
from tests.capture.tracking.conftest import act, beacon, policy, report
from tests.factories.capture import contact_body, published_form

pytestmark = pytest.mark.django_db
__all__ = ["policy"]

LIST = Path(__file__).parents[1] / "data" / "naughty-strings" / "blns.json"
NAUGHTY = json.loads(LIST.read_text())
FREE = ("first_name", "company", "message")


def storable(said):
    """Less what PostgreSQL cannot hold."""
    return said.replace("\0", "").encode("utf-8", "ignore").decode()


@pytest.fixture
def form(db, settings):
    settings.FORM_POSTS_PER_MINUTE = 0
    Knock.objects.all().delete()
    return published_form()


def as_json(client, form, body):
    return client.post(form.public_path, json.dumps(body), content_type="application/json")


def as_page(client, form, body):
    return client.post(form.public_path, body)


def as_urlencoded(client, form, body):
    kind = "application/x-www-form-urlencoded"
    return client.post(form.public_path, urlencode(body), content_type=kind)


def rotated(said, post):
    """Three strings, each in another field with each way to post; one alone in all of them."""
    if len(said) < len(FREE):
        return dict.fromkeys(FREE, said[0])
    turn = (as_json, as_page, as_urlencoded).index(post)
    return dict(zip(FREE, (*said[turn:], *said[:turn]), strict=True))


@pytest.mark.parametrize("post", [as_json, as_page, as_urlencoded])
def test_abuse_A08_a_naughty_string_in_a_free_answer_is_kept_exactly_or_refused_in_words(
    client, form, post
):
    """Three at once; where they are refused, each alone, which tells what is refused."""
    wrong, kept = [], 0
    whole = len(NAUGHTY) // len(FREE) * len(FREE)
    waiting = [NAUGHTY[start : start + len(FREE)] for start in range(0, whole, len(FREE))]
    waiting += [[one] for one in NAUGHTY[whole:]]
    number = 0
    while waiting:
        number += 1
        said = waiting.pop()
        answers = rotated(said, post)
        # a part's name is a header of its own
        name = "extra" if post is as_page else said[0][:100]
        body = contact_body(form, client_id=f"naughty-{number:04}", **answers) | {name: said[0]}
        response = post(client, form, body)
        row = Submission.objects.filter(client_submission_id=f"naughty-{number:04}").first()
        if row is None and len(said) > 1:
            waiting += [[one] for one in said]
            continue
        if row is None:
            is_told = response.status_code == 400 and len(response.content) > 20
        else:
            kept += len(said)
            is_told = response.status_code in {200, 303}
            is_told &= all(row.raw[free] == storable(one) for free, one in answers.items())
            is_told &= row.raw[storable(name)] == storable(said[0])
        if not is_told:
            wrong.append((number, said, response.status_code))
    assert wrong == []
    assert kept > len(NAUGHTY) * 0.9


@pytest.mark.parametrize("name", ["email", "phone"])
def test_abuse_A08_a_naughty_string_as_an_address_or_a_number_is_refused_beside_its_question(
    client, form, name
):
    wrong = []
    for number, said in enumerate(NAUGHTY):
        body = contact_body(form, client_id=f"naughty-{number:04}") | {name: said}
        response = as_json(client, form, body)
        refused = response.status_code == 400 and response.json()["errors"].get(name)
        if not refused and response.status_code != 200:
            wrong.append((said, response.status_code))
    assert wrong == []
    stored = set(Lead.objects.exclude(email="").values_list("email", flat=True))
    assert all(emails.parse(one).address == one for one in stored)


def test_abuse_A08_naughty_strings_in_every_column_of_an_import_come_in_or_are_rejected_with_a_reason(
    db,
):
    CustomField.objects.create(subject="lead", key="note", label="Note", type="text")
    heads = ["email", "first_name", "last_name", "phone", "company name", "job title", "city",
             "country", "source", "captured_on", "note", "id"]  # fmt: skip
    lines = [
        [f"n{number}@naughty.example", *[said if n == place else "" for n in range(1, len(heads))]]
        for place in range(1, len(heads))
        for number, said in enumerate(NAUGHTY)
    ]
    lines += [[said, "Ada", *[""] * (len(heads) - 2)] for said in NAUGHTY]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([heads, *lines])
    raw = io.BytesIO(file.getvalue().encode())

    imported = services.work_here(services.upload(entity="lead", name="n.csv", file=raw, by=None))

    rows = ImportRow.objects.filter(imported=imported).order_by("line_no")
    assert (imported.state, imported.counted) == ("done", imported.lines)
    assert imported.created + imported.updated > len(NAUGHTY)
    assert not rows.filter(state="failed", reason="").exists()
    assert {line for row in rows for line in row.raw} >= {
        storable(said) for said in NAUGHTY if said.strip()
    }
    notes = set(Lead.objects.values_list("custom__note", flat=True)) - {None}
    assert notes <= {text.one_line(said) for said in NAUGHTY}


def test_abuse_A08_naughty_strings_in_a_beacon_are_read_or_refused_whole(policy, settings):
    settings.BEACONS_PER_MINUTE = 0
    Knock.objects.all().delete()
    codes = set()
    for said in NAUGHTY:
        one = act(t=said, u=said, n=said, c=said, p={"value": said, said[:80]: said})
        told = beacon(one, ref=said, utm={"utm_source": said, "utm_campaign": said}, landing=said)
        codes.add(report(told).status_code)
        codes.add(report(beacon(act(i=said, k=said), who=said, visit=said)).status_code)
    assert codes == {204, 400}
    assert Behaviour.objects.exists()


def test_abuse_A08_naughty_strings_in_what_a_browser_says_of_itself_are_kept_or_cut(client, form):
    """Header lines are bytes: a server hands them over as Latin-1."""
    for number, said in enumerate(NAUGHTY):
        plain = said.encode().decode("latin-1").replace("\r", "").replace("\n", "")
        told = {"User-Agent": plain, "Referer": plain, "Origin": "null"}
        where = (
            form.public_path + "?" + urlencode({"utm_source": said, "lf_page": said, "lf_on": said})
        )
        body = contact_body(form, client_id=f"naughty-{number:04}")
        response = client.post(
            where, json.dumps(body), content_type="application/json", headers=told
        )
        assert response.status_code == 200, said
