"""Rows of the core with only the fields that matter to a test."""

import itertools
from datetime import UTC, datetime
from typing import Any

from leadflow.models import Company, Lead, Source
from leadflow.people.models import Membership, Role, Team, User
from leadflow.services import companies, leads

_numbers = itertools.count(1)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


def a_user(name: str = "", role: str = Role.REP, team: Team | None = None, **fields: Any) -> User:
    """A person who works here, in a team where one is given."""
    number = next(_numbers)
    user = User.objects.create_user(
        fields.pop("email", f"user{number}@brightwell.example"),
        name=name or f"User {number}",
        role=role,
        **fields,
    )
    if team:
        Membership.objects.create(user=user, team=team, is_manager=role == Role.MANAGER)
    return user


def a_team(name: str = "") -> Team:
    """A team."""
    return Team.objects.create(name=name or f"Team {next(_numbers)}")


def a_lead(
    email: str | None = None, at: datetime = NOON, owner: User | None = None, **fields: Any
) -> Lead:
    """A lead, taken in through the front door."""
    address = f"lead{next(_numbers)}@customer{next(_numbers)}.example" if email is None else email
    top = {
        k: fields.pop(k)
        for k in ("company", "source", "campaign", "stage", "origin", "external", "phone")
        if k in fields
    }
    lead = leads.create_or_merge(email=address, fields=fields, at=at, via="test", **top).lead
    return leads.assign(lead, owner=owner, by=None, at=at) if owner else lead


def a_company(name: str = "", **fields: Any) -> Company:
    """A company."""
    return companies.create(name=name or f"Company {next(_numbers)}", at=NOON, **fields)


def a_source(name: str = "", **fields: Any) -> Source:
    """A source of leads."""
    return Source.objects.create(name=name or f"Source {next(_numbers)}", **fields)
