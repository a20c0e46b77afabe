"""Filters: read from the URL, never trusted."""

import pytest
from django.test import RequestFactory

from leadflow.people.models import Role, Team, User
from leadflow.web.filters import Filter, FilterSet, Named, choices_of

pytestmark = pytest.mark.django_db

FILTERS = FilterSet(
    [
        Filter("role", "Role", path="role__in", choices=lambda: Role.choices),
        Filter("name", "Name", path="name__icontains", many=False),
    ]
)


def read(query):
    return FILTERS.read(RequestFactory().get(f"/people/{query}"))


def names(applied):
    return [u.name for u in applied.narrow(User.objects.order_by("name"))]


def test_filters_narrow_together(alice, mia, bob):
    assert names(read("?role=admin&role=rep&name=b")) == ["Bob Berg"]


def test_an_unknown_value_is_ignored(alice, bob):
    assert len(read("?role=emperor").chips) == 0
    assert names(read("?role=emperor")) == ["Alice Adams", "Bob Berg"]


def test_a_null_byte_reaches_no_query(alice):
    assert names(read("?name=%00")) == ["Alice Adams"]


def test_a_chip_names_the_values_and_how_to_drop_them(alice):
    [chip] = read("?role=admin&role=rep&after=x").chips

    assert chip.value == "Admin, Sales rep"
    assert chip.remove_url == "?"


def test_no_match_names_the_filter_to_drop(alice, mia, bob):
    applied = read("?role=rep&name=mia")
    chip, count = applied.best_to_drop(User.objects.all())

    assert names(applied) == []
    assert (chip.filter.key, count) == ("role", 1)


def test_choices_of_several_filters_are_one_query_each_in_its_order(
    alice, mia, django_assert_num_queries
):
    with django_assert_num_queries(1):
        found = choices_of(
            owner=Named(User.objects.all(), order=("-name",)), team=Named(Team.objects.all())
        )

    assert [name for _key, name in found["owner"]] == ["Mia Meyer", "Alice Adams"]
    assert [name for _key, name in found["team"]] == ["North"]


def test_choices_are_asked_once_a_request(alice, mia):
    asked = []

    def roles():
        asked.append(1)
        return Role.choices

    read_once = FilterSet([Filter("role", "Role", path="role__in", choices=roles)])
    [chip] = read_once.read(RequestFactory().get("/people/?role=admin")).chips

    assert (chip.value, len(asked)) == ("Admin", 1)
