"""Sign-ins of a trial."""

import json

import pytest
from django.core.management import CommandError, call_command

from leadflow.operations import signins
from leadflow.people.models import Role, User
from tests.factories.people import UserFactory


@pytest.fixture
def demo_people(db: None) -> list[User]:
    return [UserFactory(role=role, is_demo=True) for role in (Role.REP, Role.ADMIN, Role.REP)]


def test_there_is_one_sign_in_per_role_in_the_order_of_roles(demo_people: list[User]):
    made = signins.reset(signins.one_per_role())
    assert [row.role for row in made] == ["Admin", "Sales rep"]
    assert made[1].email == demo_people[0].email


def test_the_password_works_and_is_stored_hashed_only(demo_people: list[User]):
    (admin, _rep) = signins.reset(signins.one_per_role())
    stored = User.objects.get(email=admin.email)
    assert stored.check_password(admin.password)
    assert admin.password not in stored.password


def test_passwords_differ_from_person_to_person_and_from_time_to_time(demo_people: list[User]):
    made = [*signins.reset(demo_people), *signins.reset(demo_people)]
    assert len({row.password for row in made}) == 6


def test_people_of_the_organisation_are_never_reset_by_default(db: None):
    UserFactory(role=Role.ADMIN)
    with pytest.raises(CommandError, match="no demo people"):
        call_command("passwords")


def test_a_named_person_gets_a_new_password(bob: User, capsys: pytest.CaptureFixture[str]):
    call_command("passwords", "BOB@crm.example", "--json")
    (told,) = json.loads(capsys.readouterr().out)
    bob.refresh_from_db()
    assert bob.check_password(told["password"])


def test_an_unknown_address_is_named(db: None):
    with pytest.raises(CommandError, match=r"who@crm\.example"):
        call_command("passwords", "who@crm.example")
