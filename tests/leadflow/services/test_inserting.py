from uuid import uuid4

import pytest
from django.db.models.functions import Now

from leadflow.mail.models import Delivery
from leadflow.services.inserting import insert_alike, insert_new, update_alike
from tests.factories.core import NOON

pytestmark = pytest.mark.django_db


def a_mail(key, **fields):
    told = {
        "kind": "marketing", "to_address": "ann@example.org", "to_norm": "ann@example.org",
        "to_hash": "x", "from_address": "us@example.org", "subject": "It’s 5 % “off”", "text": "a\nb",
        "headers": {"X-Campaign": "s-1"}, "due_at": NOON, "not_before": Now(),
    }  # fmt: skip
    return Delivery(key=key, **told | fields)


def test_rows_go_in_as_they_are_and_the_database_tells_its_time():
    mails = [a_mail("one"), a_mail("two", not_before=NOON, is_tracked=True)]

    insert_new(mails)

    one, two = Delivery.objects.order_by("key")
    assert (one.subject, one.text, one.headers) == ("It’s 5 % “off”", "a\nb", {"X-Campaign": "s-1"})
    assert (one.public_id, one.lead_id, one.sent_at) == (mails[0].public_id, None, None)
    assert None not in (one.not_before, one.created_at)
    assert (two.not_before, two.is_tracked) == (NOON, True)


def test_what_is_known_stays_as_it_stands_and_none_is_no_work():
    insert_new([a_mail("one")])
    insert_new([a_mail("one", subject="Another"), a_mail("two")])
    insert_new([])

    assert list(Delivery.objects.order_by("key").values_list("key", "subject")) == [
        ("one", "It’s 5 % “off”"),
        ("two", "It’s 5 % “off”"),
    ]


def test_hostile_words_stand_as_they_were_given_whether_they_differ_or_not():
    words = ['{"a",NULL}', "NULL", "null", "", '\\"', "\\", "'; --", "a\tb\nc", "ü“€”", "{}", ","]

    insert_new([a_mail(f"n{n}", subject=word or "x", text=word) for n, word in enumerate(words)])
    for n, word in enumerate(words):
        insert_new([a_mail(f"alone{n}", text=word, headers={"X": word})])

    together = Delivery.objects.filter(key__startswith="n")
    alone = Delivery.objects.filter(key__startswith="alone")
    assert [row.text for row in sorted(together, key=lambda row: int(row.key[1:]))] == words
    assert [row.headers["X"] for row in sorted(alone, key=lambda row: int(row.key[5:]))] == words


def test_what_is_shared_is_said_once_and_those_that_went_in_are_told():
    insert_new([a_mail("known")])

    made = insert_alike(
        a_mail("x"), {"key": ["new", "known"], "public_id": [uuid4(), uuid4()]}, 2, ("key", "id")
    )

    assert made == [("new", Delivery.objects.get(key="new").pk)]
    assert Delivery.objects.get(key="new").subject == "It’s 5 % “off”"


def test_rows_are_changed_in_one_statement_each_to_its_own_and_no_others(django_assert_num_queries):
    insert_new([a_mail(f"n{n}") for n in range(3)])
    ids = list(Delivery.objects.order_by("key").values_list("pk", flat=True))

    with django_assert_num_queries(1):
        update_alike(
            Delivery, ids[:2],
            {"subject": ["one", "NULL"], "state": ["sent"] * 2, "sent_at": [NOON, None], "by_id": [None] * 2},
        )  # fmt: skip

    told = Delivery.objects.order_by("key").values_list("subject", "state", "sent_at")
    assert list(told) == [
        ("one", "sent", NOON), ("NULL", "sent", None), ("It’s 5 % “off”", "queued", None),
    ]  # fmt: skip
