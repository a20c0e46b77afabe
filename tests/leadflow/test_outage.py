"""What counts as the database being away, told from real errors of real connections."""

import os
import socket

import psycopg2
import pytest
from django.db import DatabaseError, InterfaceError, connections, transaction

from leadflow.outage import is_outage


@pytest.fixture
def line(transactional_db):
    """A connection of its own to the test's database."""
    made = connections["default"].copy()
    made.connect()
    yield made
    made.close()


def run(line, sql):
    with line.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def break_off(line):
    """The server is gone without a word, as when its machine is."""
    with socket.socket(fileno=os.dup(line.connection.fileno())) as its_socket:
        its_socket.shutdown(socket.SHUT_RDWR)


def end_session(line):
    (pid,) = run(line, "SELECT pg_backend_pid()")[0]
    run(connections["default"], f"SELECT pg_terminate_backend({pid}, 2000)")


def break_inside_a_block(line):
    with transaction.atomic(using="other"):
        end_session(line)
        with pytest.raises(DatabaseError):
            run(line, "SELECT 1")
        run(line, "SELECT 1")


def look_up_what_is_read(line):
    try:
        run(line, "SELECT 1")
    except DatabaseError:
        {}["what was to be read"]


@pytest.mark.parametrize("ended", [break_off, end_session])
def test_a_line_that_breaks_is_an_outage(line, ended):
    ended(line)

    with pytest.raises(DatabaseError) as raised:
        run(line, "SELECT 1")

    assert is_outage(raised.value)


def test_a_query_after_the_line_broke_inside_a_block_is_an_outage(line):
    connections["other"] = line
    try:
        with pytest.raises((DatabaseError, InterfaceError)) as raised:
            break_inside_a_block(line)
    finally:
        del connections["other"]

    assert is_outage(raised.value)


def test_a_plain_database_error_without_a_code_is_an_outage():
    # what the driver raises when the line breaks while an answer is awaited
    broken = DatabaseError("server closed the connection unexpectedly")
    broken.__cause__ = psycopg2.DatabaseError("server closed the connection unexpectedly")

    assert is_outage(broken)


def test_an_error_that_followed_from_an_outage_is_one(line):
    end_session(line)

    with pytest.raises(KeyError) as raised:
        look_up_what_is_read(line)

    assert is_outage(raised.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT no_such_column",
        "SELECT 1/0",
        "SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)",
        "DO $$ BEGIN END $$",  # has no rows to fetch
    ],
)
def test_a_query_at_fault_is_no_outage(line, sql):
    with pytest.raises(DatabaseError) as raised:
        run(line, sql)

    assert not is_outage(raised.value)


def test_an_error_of_the_code_is_no_outage():
    assert not is_outage(ValueError("connection already closed"))
    assert not is_outage(None)
