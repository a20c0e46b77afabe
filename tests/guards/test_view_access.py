"""Every view says who may open it: a permission, or the reason why it is open."""

import pytest

from leadflow.people.access import PERMISSIONS
from tests.guards.doors import every_door

DOORS = every_door()


def stamp(view):
    """The permission of a door, or why it is open; REST views carry it on their class."""
    for holder in (view, getattr(view, "cls", None)):
        for name in ("permission", "open_because"):
            if getattr(holder, name, ""):
                return name, getattr(holder, name)
    return None, None


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_a_view_is_gated_or_says_why_it_is_open(door):
    kind, value = stamp(door.view)

    assert kind, f"{door.name} ({door.route}) has neither @access nor @public"
    if kind == "permission":
        assert value in PERMISSIONS


def test_every_door_has_a_name_of_its_own():
    names = [door.name for door in DOORS]

    assert not [name for name in names if name.startswith("(no name)")]
    assert len(names) == len(set(names))
