"""Inviting, changing and leaving, and that one admin always stays."""

from datetime import timedelta

import pytest

from leadflow.errors import Conflict, Invalid, NotAllowed
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.people import selectors
from leadflow.people.models import Invitation, Role, User
from leadflow.services import people
from tests.factories.people import PASSWORD, UserFactory

NEW = "a long enough phrase 7"


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_an_accepted_invitation_makes_a_person_who_can_sign_in(alice, north):
    sent = people.invite(email="New@Crm.example", role=Role.MANAGER, by=alice, teams=[north])

    user = people.accept_invitation(token=sent.token, name="Nina New", password=NEW)

    assert (user.email, user.role, user.can_sign_in) == ("new@crm.example", Role.MANAGER, True)
    assert list(user.teams.all()) == [north]
    assert kinds() == ["user.invited", "user.changed"]


def test_an_invitation_opens_once(alice):
    sent = people.invite(email="new@crm.example", role=Role.REP, by=alice)
    people.accept_invitation(token=sent.token, name="Nina", password=NEW)

    with pytest.raises(NotAllowed):
        people.accept_invitation(token=sent.token, name="Eve", password=NEW)


def test_an_invitation_older_than_seven_days_opens_nothing(alice):
    sent = people.invite(email="new@crm.example", role=Role.REP, by=alice)
    later = clock.now() + timedelta(days=7, seconds=1)

    assert selectors.open_invitation(sent.token) == sent.invitation
    assert selectors.open_invitation(sent.token, at=later) is None
    with pytest.raises(NotAllowed):
        people.accept_invitation(token=sent.token, name="Nina", password=NEW, at=later)


def test_a_second_invitation_ends_the_first(alice):
    first = people.invite(email="new@crm.example", role=Role.REP, by=alice)
    second = people.invite(email="NEW@crm.example", role=Role.VIEWER, by=alice)

    assert selectors.open_invitation(first.token) is None
    assert selectors.open_invitation(second.token) == second.invitation


def test_the_token_of_an_invitation_is_not_stored(alice):
    sent = people.invite(email="new@crm.example", role=Role.REP, by=alice)

    row = Invitation.objects.filter(pk=sent.invitation.pk).values().get()

    assert sent.token not in str(row)


def test_a_person_who_signs_in_is_not_invited_again(alice, bob):
    with pytest.raises(Invalid):
        people.invite(email="BOB@crm.example", role=Role.REP, by=alice)


def test_an_imported_owner_gets_her_sign_in_by_invitation(alice, north):
    owner = people.make_user(name="Olga Owner", external_system="x", external_id="7", by=None)
    sent = people.invite(
        email="olga@crm.example", role=Role.REP, by=alice, user=owner, teams=[north]
    )

    people.accept_invitation(token=sent.token, name="", password=NEW)

    owner.refresh_from_db()
    assert (owner.email, owner.name, owner.can_sign_in) == ("olga@crm.example", "Olga Owner", True)


def test_importing_an_owner_again_makes_nobody_new(north):
    first = people.make_user(name="Olga", external_system="x", external_id="7", by=None)
    again = people.make_user(
        name="Olga", external_system="x", external_id="7", by=None, teams=[north]
    )

    assert again == first
    assert list(first.teams.all()) == [north]
    assert not first.can_sign_in


def test_a_weak_password_is_refused_and_uses_nothing_up(alice):
    sent = people.invite(email="new@crm.example", role=Role.REP, by=alice)

    with pytest.raises(Invalid) as caught:
        people.accept_invitation(token=sent.token, name="Nina", password="short")

    assert "password" in caught.value.fields
    assert selectors.open_invitation(sent.token) is not None


def test_the_last_admin_keeps_her_role(alice, bob):
    with pytest.raises(Conflict):
        people.change_user(user=alice, role=Role.REP, by=alice)

    with pytest.raises(Conflict):
        people.set_active(user=alice, is_active=False, by=alice)


def test_one_of_two_admins_may_go(alice):
    other = UserFactory(role=Role.ADMIN)

    people.change_user(user=alice, role=Role.REP, by=other)

    assert User.objects.get(pk=alice.pk).role == Role.REP


def test_an_admin_who_cannot_sign_in_does_not_count_as_one(alice):
    UserFactory(role=Role.ADMIN, email=None)

    with pytest.raises(Conflict):
        people.set_active(user=alice, is_active=False, by=alice)


@pytest.mark.parametrize(
    "change",
    [
        lambda bob, south: people.change_user(user=bob, role=Role.VIEWER, by=None),
        lambda bob, south: people.change_user(user=bob, teams=[south], by=None),
        lambda bob, south: people.change_user(user=bob, email="b@crm.example", by=None),
        lambda bob, south: people.set_active(user=bob, is_active=False, by=None),
        lambda bob, south: people.set_password(user=bob, password=NEW, by=None),
        lambda bob, south: people.end_sessions(user=bob, by=None),
    ],
    ids=["role", "teams", "email", "active", "password", "everywhere"],
)
def test_a_change_of_reach_ends_every_session(client, bob, south, change):
    client.force_login(bob)

    change(bob, south)

    assert client.session["_auth_user_hash"] != User.objects.get(pk=bob.pk).get_session_auth_hash()


def test_a_new_name_leaves_sessions_alone(bob):
    before = bob.get_session_auth_hash()

    people.change_user(user=bob, name="Robert Berg", by=bob)

    assert User.objects.get(pk=bob.pk).get_session_auth_hash() == before


def test_a_change_that_changes_nothing_is_no_fact(bob, north):
    people.change_user(user=bob, role=Role.REP, teams=[north], by=None)

    assert kinds() == []


def test_the_first_admin_is_made_once(db):
    people.first_admin(name="Ada", email="ada@crm.example", password=NEW)

    with pytest.raises(NotAllowed):
        people.first_admin(name="Eve", email="eve@crm.example", password=NEW)


def test_two_teams_do_not_share_a_name(alice, north):
    with pytest.raises(Invalid):
        people.save_team(name="north", by=alice)


def test_a_session_outlives_a_change_of_the_secret_key(settings, bob):
    old = bob.get_session_auth_hash()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key " * 6

    assert old in set(bob.get_session_auth_fallback_hash())


def test_the_password_of_the_cast_is_hashed(bob):
    assert PASSWORD not in bob.password
