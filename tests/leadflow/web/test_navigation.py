"""The side bar shows what exists and what the role may open."""

import pytest
from django.test import RequestFactory

from leadflow.people.access import allowed
from leadflow.web import navigation
from leadflow.web.navigation import Item

pytestmark = pytest.mark.django_db

PLACES = [
    Item("Home", "web:gallery", "home", "self.edit", phone=1),
    Item("Flow", "web:theme", "route", "flow.view", "Rules"),
    Item("Later", "nobody:built-it", "sun", "self.edit", "Rules"),
]


@pytest.fixture
def labels(monkeypatch):
    monkeypatch.setattr(navigation, "PLACES", PLACES)

    def found(user, path="/gallery/"):
        request = RequestFactory().get(path)
        request.user = user
        return [i.label for g in navigation.navigation_for(request).groups for i in g.items]

    return found


def test_a_screen_that_is_not_built_is_left_out(labels, alice):
    assert labels(alice) == ["Home", "Flow"]


def test_a_place_without_permission_is_left_out(labels, bob):
    assert labels(bob) == ["Home"]


def test_the_longest_matching_place_is_current(monkeypatch, alice):
    monkeypatch.setattr(navigation, "PLACES", PLACES)
    request = RequestFactory().get("/gallery/deeper/")
    request.user = alice

    places = [i for g in navigation.navigation_for(request).groups for i in g.items]

    assert [i.label for i in places if i.is_current] == ["Home"]


def test_a_place_of_a_family_is_shown_while_one_of_it_is_open(monkeypatch, alice):
    family = [*PLACES, Item("Child", "web:keys", "key", "self.edit", within="web:gallery")]
    monkeypatch.setattr(navigation, "PLACES", family)

    def shown(path):
        places = list(navigation.open_to(alice, family, path))
        return [place.label for place in places if place.is_shown]

    assert "Child" in shown("/gallery/")
    assert "Child" in shown("/me/keys/")
    assert "Child" not in shown("/me/theme/")


def test_every_place_asks_for_a_permission_that_exists(alice):
    for place in [*navigation.PLACES, *navigation.FOOT, *navigation.PERSONAL]:
        allowed(alice, place.permission)


def test_no_two_places_share_a_key():
    keys = [p.key for p in [*navigation.PLACES, *navigation.FOOT] if p.key]

    assert len(keys) == len(set(keys))


def test_a_folded_group_stays_folded_until_she_is_in_it(alice):
    def folded(path):
        request = RequestFactory().get(path)
        request.user = alice
        request.COOKIES[navigation.FOLDED] = "sales.rules.nonsense"
        return [g.key for g in navigation.navigation_for(request).groups if g.is_folded]

    assert folded("/forms/") == ["sales", "rules"]
    assert folded("/leads/") == ["rules"]
