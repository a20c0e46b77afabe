from datetime import UTC, datetime

import pytest
from django.urls import reverse

from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import Event
from leadflow.history import changes
from leadflow.models import Lead

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def world(alice, bob, carl, north, south):
    """A lead of each team, each with a fact, and a setting that alice changed."""
    leads = {
        user.name: Lead.objects.create(
            first_name=f"Lead of {user.name}", owner=user, team=team, assigned_at=START,
            created_at=START, stage_since=START,
        )
        for user, team in ((bob, north), (carl, south))
    }  # fmt: skip
    for user in (bob, carl):
        lead = leads[user.name]
        record(Kind.LEAD_ASSIGNED, lead_id=lead.pk, by=user, data={"from": None, "to": user.pk})
        changes.record(lead, {"city": "Gent"}, {"city": f"City of {user.name}"}, by=user)
    record(Kind.SETTING_CHANGED, by=alice, data={"name": "time zone", "from": "UTC", "to": "CET"})
    return leads


def seen(client, user, **params):
    client.force_login(user)
    return client.get(reverse("flow:audit"), params).content.decode()


def test_an_admin_sees_what_everybody_did(client, alice, world):
    body = seen(client, alice)

    for words in ("Bob Berg", "Carl Castro", "changed the setting “time zone”"):
        assert words in body


def test_a_manager_sees_what_her_people_did_and_no_more(client, mia, world):
    body = seen(client, mia)

    assert "gave the lead to Bob Berg" in body
    assert "gave the lead to Carl Castro" not in body
    assert "time zone" not in body


def test_overwritten_values_obey_the_same_rule(client, alice, mia, world):
    assert "City of Carl" in seen(client, alice, show="changes")
    body = seen(client, mia, show="changes")
    assert "City of Bob" in body
    assert "City of Carl" not in body


def test_a_rep_does_not_see_the_audit(client, bob, world):
    client.force_login(bob)

    assert client.get(reverse("flow:audit")).status_code == 403
    assert client.post(reverse("flow:audit-export")).status_code == 403


def test_filters_narrow_by_person_kind_and_record(client, alice, bob, world):
    assert "time zone" not in seen(client, alice, who=bob.pk)
    body = seen(client, alice, kind="setting.changed")
    assert "time zone" in body
    assert "gave the lead to" not in body
    body = seen(client, alice, record=f"lead {world['Bob Berg'].pk}")
    assert "gave the lead to Bob Berg" in body
    assert "gave the lead to Carl Castro" not in body


@pytest.mark.parametrize(
    "params",
    [
        {"record": "nonsense"}, {"record": "lead 99999999999999999999"}, {"who": "x"},
        {"when": "-1"}, {"after": "zzz"}, {"record": "'; drop table"}, {"show": "x"},
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_no_crash(client, alice, world, params):
    client.force_login(alice)

    for show in ({}, {"show": "changes"}):
        assert client.get(reverse("flow:audit"), show | params).status_code == 200


def test_the_export_holds_the_filtered_rows_and_is_itself_on_record(client, alice, world):
    client.force_login(alice)
    answer = client.post(reverse("flow:audit-export") + "?kind=lead.assigned")

    text = b"".join(answer.streaming_content).decode()
    assert text.count("lead.assigned") == 2
    assert "setting.changed" not in text
    exported = Event.objects.get(kind="data.exported")
    assert (exported.actor_id, exported.data) == (alice.pk, {"what": "audit", "rows": 2})


def test_the_export_of_values_holds_before_and_after(client, alice, world):
    client.force_login(alice)
    answer = client.post(reverse("flow:audit-export") + "?show=changes")

    text = b"".join(answer.streaming_content).decode()
    assert "Gent,City of Bob Berg" in text


def test_a_long_audit_is_paged_without_gap(client, alice, world):
    for n in range(60):
        record(Kind.SETTING_CHANGED, by=alice, data={"name": f"s{n}", "from": 1, "to": n})
    client.force_login(alice)

    first = client.get(reverse("flow:audit"))
    page = first.context["page"]
    second = client.get(reverse("flow:audit") + page.next_url)
    ids = [row.event.pk for row in [*page.rows, *second.context["page"].rows]]
    assert ids == list(Event.objects.order_by("-id").values_list("pk", flat=True))


def test_the_audit_costs_the_same_however_long_a_page(
    client, alice, world, django_assert_max_num_queries
):
    for n in range(50):
        record(Kind.SETTING_CHANGED, by=alice, data={"name": f"s{n}", "from": 1, "to": n})
    client.force_login(alice)

    with django_assert_max_num_queries(20):
        client.get(reverse("flow:audit"))
