"""Attacks by people who are in: records of others, promotion, the audit log."""

import pytest
from django.urls import reverse

from leadflow.people.models import Role, User
from leadflow.services import people
from tests.factories.core import a_lead
from tests.factories.people import UserFactory

LEAD_DOORS = ["timeline:lead", "pipeline:of-lead", "pipeline:convert"]


@pytest.mark.parametrize("name", LEAD_DOORS)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
def test_abuse_E02_a_lead_of_another_team_is_not_there(client, bob, carl, name, method):
    lead = a_lead(owner=carl, first_name="Secret")
    client.force_login(bob)

    answer = getattr(client, method)(reverse(name, args=[lead.pk]))

    assert answer.status_code in (404, 405)
    assert b"Secret" not in answer.content


@pytest.mark.parametrize("role", [Role.MANAGER, Role.REP, Role.MARKETER, Role.VIEWER])
def test_abuse_E07_nobody_but_an_admin_changes_a_role(client, role, north):
    person = UserFactory(role=role)
    client.force_login(person)

    answer = client.post(
        reverse("console:person", args=[person.pk]),
        {"name": person.name, "email": person.email, "role": "admin"},
    )

    assert answer.status_code == 403
    assert User.objects.get(pk=person.pk).role == role


def test_abuse_E07_ones_own_profile_takes_no_role(client, bob):
    client.force_login(bob)

    for page in ("console:profile", "console:appearance"):
        client.post(
            reverse(page),
            {"name": "Bob", "theme": "dark", "role": "admin", "is_active": "1", "email": "x@y.example",
             "session_epoch": "9", "is_demo": "1"},
        )  # fmt: skip

    found = User.objects.get(pk=bob.pk)
    assert (found.role, found.email, found.session_epoch, found.is_demo) == (
        Role.REP,
        "bob@crm.example",
        0,
        False,
    )


def test_abuse_E07_a_manager_does_not_reach_an_admin(client, mia, alice):
    client.force_login(mia)

    for name in ("console:person", "console:person-active", "console:person-sign-out"):
        assert client.post(reverse(name, args=[alice.pk]), {"role": "rep"}).status_code == 403

    assert User.objects.get(pk=alice.pk).is_admin


def test_abuse_E07_the_last_admin_cannot_shut_herself_out(client, alice):
    client.force_login(alice)

    answer = client.post(reverse("console:person-active", args=[alice.pk]))

    assert answer.status_code == 409
    assert User.objects.get(pk=alice.pk).is_active


def test_abuse_E07_an_invitation_gives_the_role_it_names(client, alice):
    sent = people.invite(email="new@crm.example", role=Role.VIEWER, by=alice)

    client.post(
        reverse("console:join", args=[sent.token]),
        {"name": "Nina", "password": "a long enough phrase", "role": "admin"},
    )

    assert User.objects.get(email="new@crm.example").role == Role.VIEWER


def test_abuse_E07_the_first_run_is_over_once_somebody_is_here(client, bob):
    data = {"organisation": "Evil", "name": "Eve", "email": "eve@evil.example",
            "password": "a long enough phrase", "time_zone": "UTC"}  # fmt: skip

    answer = client.post(reverse("console:welcome"), data)

    assert answer.status_code == 302
    assert User.objects.count() == 1


def test_abuse_E07_a_demoted_person_is_out_at_once(client, alice):
    other = UserFactory(role=Role.ADMIN)
    client.force_login(other)

    people.change_user(user=other, role=Role.VIEWER, by=alice)

    assert client.get(reverse("console:people")).status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("role", list(Role))
def test_abuse_E13_the_audit_page_only_shows(db, client, method, role):
    client.force_login(UserFactory(role=role))

    assert getattr(client, method)(reverse("flow:audit")).status_code in (403, 405)
