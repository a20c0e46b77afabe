"""The least that a page needs: its very statements sent by hand, and the plainest template that prints it."""

import re
from collections.abc import Callable
from html import unescape

from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext

_TEXT = re.compile(r">([^<]*[^<\s][^<]*)<")


def reader(client: Client, url: str) -> Callable[[], str]:
    def read() -> str:
        return client.get(url).content.decode()

    return read


def statements(read: Callable[[], str]) -> list[str]:
    """What a page asks the database once everything is warm."""
    read()
    with CaptureQueriesContext(connection) as asked:
        read()
    return [one["sql"] for one in asked.captured_queries if "DECLARE" not in one["sql"]]


def limit(read: Callable[[], str]) -> Callable[[], str]:
    """The same statements, and the same page from the plainest template; AssertionError where it says
    otherwise."""
    asked, page = statements(read), read()
    words = [unescape(text) for text in _TEXT.findall(page)]
    numbers = iter(range(len(words)))
    markup = re.sub(r"({[{%#]|[%#}]})", "", page)
    plain = Template(_TEXT.sub(lambda _one: f">{{{{ words.{next(numbers)} }}}}<", markup))

    def show() -> str:
        with connection.cursor() as cursor:
            for sql in asked:
                cursor.execute(sql)
                cursor.fetchall()
        return plain.render(Context({"words": words}))

    if told(show()) != told(page):
        raise AssertionError("the plain page says otherwise than the page")
    return show


def told(page: str) -> list[str]:
    """The texts of a page, without what differs from one answer to the next."""
    return [unescape(text).strip() for text in _TEXT.findall(page)]
