"""What can be put into the address of a page, and into the headers around it."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from leadflow.console import resets
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.runs.models import Run
from tests.factories.core import a_lead
from tests.guards.doors import every_door
from tests.guards.test_access_matrix import LINES, Writes

pytestmark = pytest.mark.django_db

PROBES = (
    "1' OR '1'='1",
    "1; SELECT pg_sleep(9)--",
    "') UNION SELECT password FROM people_user--",
    "\x00",
    "%s %(x)s {0} \\",
    "-1e999",
    "[]",
)
NAMES = (
    "q", "sort", "page", "after", "before", "cursor", "status", "stage", "owner", "team", "source", "kind", "from",
    "to", "range", "compare", "group", "group_by", "tz", "view", "part", "kpi", "filter", "rule", "columns", "pipeline",
)  # fmt: skip
LISTS = sorted(
    door.name
    for door in every_door()
    if not door.arguments and isinstance(LINES.get(door.name, {}).get("GET"), dict)
)


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTS)
def test_abuse_E09_whatever_a_parameter_holds_is_a_value_and_no_sql(client, alice, bob, name):
    a_lead(owner=bob, last_name="Secret")
    client.force_login(alice)
    url, writes = reverse(name), Writes()
    client.get(url)  # what the first look at a new workspace makes is made

    for probe in PROBES:
        with connection.execute_wrapper(writes):
            answer = client.get(url, dict.fromkeys(NAMES, probe))
        assert answer.status_code < 500, probe
        if not answer.streaming:
            assert b"syntax error" not in answer.content
            assert b"md5$" not in answer.content

    assert writes.seen == []


@pytest.mark.parametrize(
    "header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_ORIGINAL_URL", "HTTP_FORWARDED"]
)
def test_abuse_B14_a_foreign_host_reaches_no_link(bob, header):
    answer = Client().post(
        reverse("account_reset_password"),
        {"email": "bob@crm.example"},
        **{header: "host=evil.example" if header == "HTTP_FORWARDED" else "evil.example"},
    )
    resets.answer_waiting()

    assert "evil" not in answer.headers.get("Location", "")
    assert answer.status_code == (400 if header == "HTTP_HOST" else 302)
    assert not [row for row in Delivery.objects.all() if "evil" in row.text + row.html]


@pytest.mark.parametrize(
    "path",
    [
        "/media/../leadflow/settings.py", "/static/../leadflow/settings.py", "/static/..%2fsettings.py",
        "/static/%2e%2e/%2e%2e/etc/passwd", "/.env", "/.git/config", "/db.sqlite3", "/static//etc/passwd",
        "/media/%2e%2e%2fbackup_key", "/help/..%2f..%2fetc%2fpasswd/",
    ],
)  # fmt: skip
def test_abuse_G09_no_address_leads_to_a_file_that_is_not_meant(client, path):
    answer = client.get(path)

    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code in (301, 302, 400, 404)
    assert b"SECRET_KEY" not in body
    assert b"root:" not in body


def test_abuse_E12_a_run_and_its_files_of_another_person_are_not_there(client, bob, carl):
    theirs = Run.objects.create(kind="world", asker=carl, note="qx", created_at=clock.now())
    client.force_login(bob)

    assert client.get(reverse("runs:run", args=[theirs.pk])).status_code == 404
    assert client.post(reverse("runs:cancel", args=[theirs.pk])).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == Run.State.QUEUED


def test_abuse_E04_no_secondary_door_names_another_teams_lead(client, bob, carl):
    lead = a_lead(owner=carl, email="qxother@customer.example", last_name="Qxother")
    client.force_login(bob)
    doors = [name for name in LISTS if LINES[name]["GET"].get("rep")]

    assert len(doors) > 10
    for name in doors:
        page = whole(client.get(reverse(name)))
        assert b"qxother" not in page.lower(), name
        found = whole(client.get(reverse(name), {"q": "qxother"}))  # what was asked is said again
        assert lead.get_absolute_url().encode() + b'"' not in found, name


def whole(answer):
    """The body of any answer."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
