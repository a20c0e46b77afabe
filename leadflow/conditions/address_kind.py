"""Whose mailbox an address is, told by the database from its text as `leadflow.kit.emails.kind` tells it."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    F,
    Func,
    JSONField,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models import lookups as is_
from django.db.models.functions import Lower, StrIndex

from leadflow.kit import disposable, emails


class _KeyOf(Func):
    """One of some texts is a key of a JSON object: found by halving, where a list is walked through."""

    template = "(%(expressions)s)"
    arg_joiner = " ?| "
    output_field = BooleanField()


def expression(column: str = "email") -> Case:
    """The kind of the address in a column."""
    address = Lower(F(column))
    domain = _without(address, "^.*@")
    return Case(
        When(Q(is_.LessThan(StrIndex(address, Value("@")), Value(2))), then=Value("")),
        When(Q(_is_disposable(domain)), then=Value(emails.THROWAWAY)),
        When(
            Q(is_.In(_without(address, "[+@].*$"), sorted(emails.ROLES))), then=Value(emails.ROLE)
        ),
        When(Q(is_.In(domain, sorted(emails.PUBLIC))), then=Value(emails.PERSONAL)),
        default=Value(emails.WORK),
        output_field=CharField(),
    )


def _without(text: Any, pattern: str) -> Func:
    return Func(
        text, Value(pattern), Value(""), function="regexp_replace", output_field=TextField()
    )


def _is_disposable(domain: Func) -> _KeyOf:
    """The domain, or one above it, is in the list."""
    above = (_without(domain, rf"^([^.]*\.){{{n}}}") for n in range(1, disposable.LEVELS))
    suffixes = Func(
        domain, *above, template="ARRAY[%(expressions)s]", output_field=ArrayField(TextField())
    )
    known = Value(dict.fromkeys(sorted(disposable.domains()), 1), output_field=JSONField())
    return _KeyOf(known, suffixes)
