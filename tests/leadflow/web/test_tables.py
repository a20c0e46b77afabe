"""Lists page by key, in a stable order, whatever the URL says."""

import pytest
from django.test import RequestFactory
from django.utils.html import format_html
from hypothesis import given
from hypothesis import strategies as st

from leadflow.people.models import User
from leadflow.web.ordering import decoded
from leadflow.web.tables import Column, Table, once_per
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

PEOPLE = Table(
    "people",
    columns=[
        Column("name", "Name", sort="name", always=True),
        Column("seen", "Seen", sort="email", nullable=True, align="right"),
        Column("role", "Role"),
        Column("theme", "Theme", default=False),
    ],
    default_sort="name",
    size=3,
)


def page(query=""):
    return PEOPLE.page(RequestFactory().get(f"/people/{query}"), User.objects.all())


def walk(query, way="next_url"):
    """All rows from the first page on."""
    rows, current = [], page(query)
    rows += current.rows
    while getattr(current, way):
        current = page(getattr(current, way))
        rows += current.rows
    return rows, current


@pytest.fixture
def seven(db):
    for number, name in enumerate("BBACCAD"):
        UserFactory(name=name, email=f"p{number}@crm.example" if number % 3 else None)


@pytest.mark.parametrize(
    "sort",
    ["name", "-name", "seen", "-seen", "name,seen", "-name,-seen", "seen,name", "-seen,-name"],
)
def test_walking_the_pages_meets_every_row_once(seven, sort):
    rows, _last = walk(f"?sort={sort}")

    assert sorted(r.pk for r in rows) == sorted(User.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    "sort",
    ["name", "-name", "seen", "-seen", "name,seen", "-name,-seen", "seen,name", "-seen,-name"],
)
def test_walking_back_meets_the_same_pages(seven, sort):
    forward, last = walk(f"?sort={sort}")
    first = last
    while first.previous_url:
        first = page(first.previous_url)

    assert [r.pk for r in first.rows] == [r.pk for r in forward[:3]]


def test_equal_values_are_told_apart_by_id(seven):
    rows, _last = walk("?sort=name")

    assert [r.name for r in rows] == list("AABBCCD")


def test_equal_values_are_put_in_order_by_the_next_column(seven):
    rows, _last = walk("?sort=name,-seen")

    assert [(r.name, r.email or "") for r in rows] == [
        ("A", "p5@crm.example"),
        ("A", "p2@crm.example"),
        ("B", "p1@crm.example"),
        ("B", ""),
        ("C", "p4@crm.example"),
        ("C", ""),
        ("D", ""),
    ]


def test_a_head_sorts_alone_after_the_others_or_turns_itself_round(seven):
    name, seen, _role = page("?sort=name,-seen").heads

    assert (name.direction, name.place, seen.direction, seen.place) == (
        "ascending",
        1,
        "descending",
        2,
    )
    assert name.url == "?sort=-name"
    assert seen.url == "?sort=seen"
    assert seen.also_url == "?sort=name%2Cseen"
    assert page("?sort=name").heads[1].also_url == "?sort=name%2C-seen"
    assert [head.column.key for head in page("?sort=name").then_by] == ["seen"]


def test_a_column_stands_in_an_order_once_and_nonsense_is_left_out(seven):
    assert page("?sort=name,-name,password,-seen").sort == "-name,-seen"


def test_an_order_has_at_most_three_columns():
    columns = [Column(key, key, sort=key) for key in ("name", "email", "theme", "role")]
    table = Table("people", columns=columns, default_sort="name")

    made = table.page(RequestFactory().get("/?sort=name,email,theme,role"), User.objects.all())

    assert made.sort == "name,email,theme"
    assert made.then_by == []


def test_empty_values_come_last_both_ways(seven):
    for sort in ("seen", "-seen"):
        rows, _last = walk(f"?sort={sort}")
        assert [bool(r.email) for r in rows] == [True] * 4 + [False] * 3


@pytest.mark.parametrize(
    "query",
    ["?sort=password", "?sort=-", "?sort=name;drop", "?after=!!", "?after=W10", "?cols=password"],
)
def test_nonsense_in_the_url_means_the_first_page(seven, query):
    assert [r.name for r in page(query).rows] == ["A", "A", "B"]


@given(st.text(max_size=60))
def test_no_cursor_breaks_the_reading(word):
    assert decoded(word) is None or decoded(word).values


def test_a_cursor_of_another_column_means_the_first_page(seven):
    wrong = page("?sort=-name").next_url.replace("sort=-name", "sort=seen")

    assert page(wrong).rows


def test_chosen_columns_stand_in_their_own_order(seven):
    shown = page("?cols=theme,role").shows

    assert list(shown) == ["name", "role", "theme"]


def test_a_page_costs_two_queries(seven, django_assert_num_queries):
    with django_assert_num_queries(2):
        page("?sort=-name")


def test_a_page_that_holds_all_rows_counts_none(seven, django_assert_num_queries):
    small = Table("people", columns=PEOPLE.columns, default_sort="name")

    with django_assert_num_queries(1):
        assert small.page(RequestFactory().get("/people/"), User.objects.all()).total == 7


class Kept:
    def __init__(self):
        self.kept = {}


def test_rows_are_drawn_by_the_cells_of_the_shown_columns(seven):
    def name(row, _look):
        return format_html("<td>{}</td>", f"<{row.name}>")

    def role(row, _look):
        return format_html("<td>{}</td>", row.role)

    columns = [
        Column("name", "Name", sort="name", always=True, cell=name),
        Column("role", "Role", cell=role, default=False),
    ]
    table = Table("people", columns=columns, default_sort="name", size=1)
    body = table.page(RequestFactory().get("/people/"), User.objects.all()).drawn(Kept(), pick=True)

    assert "<td>&lt;A&gt;</td></tr>" in body
    assert "data-pick" in body


def test_a_shared_cell_is_drawn_once_for_each_value(seven):
    calls = []

    @once_per(lambda row: row.role)
    def role(row, _look):
        calls.append(row.role)
        return format_html("<td>{}</td>", row.role)

    table = Table(
        "people", columns=[Column("role", "R", sort="role", cell=role)], default_sort="role"
    )
    table.page(RequestFactory().get("/people/"), User.objects.all()).drawn(Kept())

    assert sorted(calls) == sorted(set(User.objects.values_list("role", flat=True)))


def test_the_count_stops_at_a_thousand(db):
    User.objects.bulk_create(User(name=f"N{i}") for i in range(1002))

    assert page().total_words == "1,000+"
