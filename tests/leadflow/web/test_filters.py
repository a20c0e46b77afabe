"""Filters: read from the URL, never trusted."""

import pytest
from django.test import RequestFactory

from leadflow.people.models import Role, User
from leadflow.web.filters import Filter, FilterSet

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
