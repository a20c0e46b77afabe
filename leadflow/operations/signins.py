"""Sign-ins for a trial: one person per role with a fresh random password, shown once, stored hashed."""

import secrets
from dataclasses import dataclass

from leadflow.people.models import Role, User

# No letters that are read for one another.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class SignIn:
    """What a person types to get in; the password is empty where it is not known."""

    role: str
    email: str
    password: str = ""


def one_per_role(*, demo_only: bool = True) -> list[User]:
    """For each role in the order of the list of roles, the first active person who can sign in."""
    people = User.objects.active().exclude(email=None).order_by("id")
    if demo_only:
        people = people.filter(is_demo=True)
    found = {role: people.filter(role=role).first() for role in Role.values}
    return [person for person in found.values() if person is not None]


def reset(people: list[User]) -> list[SignIn]:
    """Give each a new random password; the only time that it is readable."""
    made = []
    for person in people:
        password = "-".join(_word() for _ in range(3))
        person.set_password(password)
        person.save(update_fields=["password"])
        made.append(SignIn(person.get_role_display(), person.email or "", password))
    return made


def _word() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(4))
