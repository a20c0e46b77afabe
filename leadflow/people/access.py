"""Who may do what: one table, read top to bottom. Nothing else in the product decides it.

A permission is `noun.verb`. A role that is missing in a row may not do it at all; a scope says to
whose records it applies: her own, those of her teams, or all. The table below is the code's truth;
tests/guards/access_matrix.yaml is the independent expectation, written by hand.
"""

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any, Protocol

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from leadflow.errors import NotAllowed
from leadflow.kit.remembering import remembered
from leadflow.people.models import Membership, Role, User


class Scope(IntEnum):
    """Whose records; ordered, so a wider scope compares greater."""

    OWN = 1
    TEAM = 2
    ALL = 3


_OWN, _TEAM, _ALL = Scope.OWN, Scope.TEAM, Scope.ALL
A, M, R, K, V = Role.ADMIN, Role.MANAGER, Role.REP, Role.MARKETER, Role.VIEWER

PERMISSIONS: dict[str, dict[Role, Scope]] = {
    # records of people and companies
    "lead.view": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL, V: _TEAM},
    "lead.add": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "lead.edit": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "lead.assign": {A: _ALL, M: _TEAM},
    "lead.give": {A: _ALL, M: _TEAM, R: _OWN},
    "lead.advance": {A: _ALL, M: _TEAM, R: _OWN},
    "lead.merge": {A: _ALL, M: _TEAM},
    "lead.delete": {A: _ALL, M: _TEAM},
    "lead.erase": {A: _ALL},
    "lead.export_one": {A: _ALL, M: _TEAM},
    "lead.export": {A: _ALL, M: _TEAM},
    "lead.contact_fields": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "company.view": {A: _ALL, M: _ALL, R: _ALL, K: _ALL, V: _ALL},
    "company.edit": {A: _ALL, M: _ALL, R: _ALL, K: _ALL},
    "company.merge": {A: _ALL, M: _ALL},
    "company.delete": {A: _ALL, M: _ALL},
    "company.export": {A: _ALL, M: _ALL},
    "activity.add": {A: _ALL, M: _TEAM, R: _OWN},
    "todo.edit": {A: _ALL, M: _TEAM, R: _OWN, K: _OWN},
    "call.work": {A: _ALL, M: _TEAM, R: _OWN},
    "call.manage": {A: _ALL, M: _TEAM},
    "note.add": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "consent.add": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "consent.remove_suppression": {A: _ALL},
    "tag.edit": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "view.save": {A: _ALL, M: _ALL, R: _ALL, K: _ALL, V: _ALL},
    # capture
    "form.view": {A: _ALL, M: _ALL, R: _ALL, K: _ALL, V: _ALL},
    "form.edit": {A: _ALL, K: _ALL},
    "answer.view": {A: _ALL, M: _TEAM, K: _ALL},
    "quarantine.decide": {A: _ALL, K: _ALL},
    "inbound.view": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "inbound.decide": {A: _ALL, K: _ALL},
    "import.run": {A: _ALL, M: _TEAM, K: _ALL},
    # calendars
    "meeting.view": {A: _ALL, M: _ALL, R: _ALL, K: _ALL, V: _ALL},
    "meeting.edit": {A: _ALL, M: _ALL, K: _ALL},
    # qualification
    "score.view": {A: _ALL, M: _ALL, R: _ALL, K: _ALL, V: _ALL},
    "score.edit": {A: _ALL, K: _ALL},
    "bant.edit": {A: _ALL, M: _TEAM, R: _OWN},
    # nurturing
    "sequence.view": {A: _ALL, M: _ALL, R: _ALL, K: _ALL, V: _ALL},
    "sequence.edit": {A: _ALL, K: _ALL},
    "automation.view": {A: _ALL, M: _ALL, R: _ALL, K: _ALL, V: _ALL},
    "automation.edit": {A: _ALL, K: _ALL},
    "sequence.enrol": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "broadcast.view": {A: _ALL, M: _ALL, K: _ALL, V: _ALL},
    "broadcast.edit": {A: _ALL, K: _ALL},
    "segment.view": {A: _ALL, M: _ALL, R: _ALL, K: _ALL, V: _ALL},
    "segment.edit": {A: _ALL, K: _ALL},
    "mail.send": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "mail.read": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL},
    "outbox.view": {A: _ALL, M: _TEAM, K: _ALL},
    "hit.judge": {A: _ALL, M: _ALL, K: _ALL},
    # distribution
    "routing.view": {A: _ALL, M: _TEAM, K: _ALL},
    "routing.edit": {A: _ALL, M: _TEAM},
    "handover.decide": {A: _ALL, M: _TEAM, R: _OWN},
    # pipeline
    "deal.view": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL, V: _TEAM},
    "deal.edit": {A: _ALL, M: _TEAM, R: _OWN},
    "deal.move": {A: _ALL, M: _TEAM, R: _OWN},
    "deal.delete": {A: _ALL, M: _TEAM},
    "deal.export": {A: _ALL, M: _TEAM},
    "playbook.edit": {A: _ALL, M: _ALL, K: _ALL},
    "approval.view": {A: _ALL, M: _TEAM, R: _OWN, K: _OWN},
    "approval.decide": {A: _ALL, M: _TEAM},
    # numbers
    "insights.view": {A: _ALL, M: _TEAM, R: _OWN, K: _ALL, V: _TEAM},
    "spend.edit": {A: _ALL, K: _ALL},
    "target.edit": {A: _ALL, M: _TEAM},
    # settings
    "audit.view": {A: _ALL, M: _TEAM},
    "flow.view": {A: _ALL},
    "settings.edit": {A: _ALL},
    "people.edit": {A: _ALL},
    "source.edit": {A: _ALL, K: _ALL},
    "field.edit": {A: _ALL},
    "pipeline.edit": {A: _ALL},
    # everybody who is signed in
    "self.edit": {A: _ALL, M: _ALL, R: _ALL, K: _ALL, V: _ALL},
}


# What a scope of her own also covers of leads that nobody owns, where the organisation says so: reading
# and editing. Giving them away, moving them and working them stay with their managers and routing.
_ALSO_UNOWNED = frozenset({"lead.view", "lead.edit"})
_opened_by: list[Callable[[], bool]] = []


def opens_unowned(ask: Callable[[], bool]) -> Callable[[], bool]:
    """Let `ask` say whether reps reach leads without an owner; the organisation's model lies above."""
    _opened_by[:] = [ask]
    return ask


class Owned(Protocol):
    """A record with an owner and a team, as far as permission cares."""

    owner_id: int | None
    team_id: int | None


def scope_of(user: User | AnonymousUser | None, permission: str) -> Scope | None:
    """How far `permission` reaches for `user`; None where it does not. KeyError for an unknown name."""
    row = PERMISSIONS[permission]
    if not isinstance(user, User) or not user.is_active:
        return None
    return row.get(Role(user.role))


def allowed(user: User | AnonymousUser | None, permission: str) -> bool:
    """Whether the role may do it to at least some records."""
    return scope_of(user, permission) is not None


def teams_of(user: User) -> "QuerySet[Membership, int]":
    """The ids of the teams whose records a team scope opens: those she manages, or belongs to as a viewer."""
    rows = Membership.objects.filter(user=user)
    if user.role == Role.MANAGER:
        rows = rows.filter(is_manager=True)
    return rows.values_list("team_id", flat=True)


@remembered
def team_ids(user: User) -> list[int]:
    """The same as a list: what a long table is asked by, since its plan needs the numbers."""
    return list(teams_of(user))


def reaches(user: User, permission: str, record: Owned) -> bool:
    """Whether `permission` covers this record for this user."""
    return reach_of(user, (permission,), record)[permission]


def reach_of(user: User, permissions: Iterable[str], record: Owned) -> dict[str, bool]:
    """Which of these cover the record for this user; her teams are read once, and only where they matter."""
    hers = record.owner_id == user.pk
    nobodys = record.owner_id is None and record.team_id is None
    scopes = {name: scope_of(user, name) for name in permissions}
    in_team = hers or nobodys
    if not in_team and Scope.TEAM in scopes.values():
        in_team = record.team_id in team_ids(user)
    opened = {Scope.ALL: True, Scope.TEAM: in_team, Scope.OWN: hers}
    found = {name: scope is not None and opened[scope] for name, scope in scopes.items()}
    if record.owner_id is None:
        also = [name for name, scope in scopes.items() if _covers_unowned(name, scope)]
        found |= dict.fromkeys(also, nobodys or (bool(also) and _is_of_her_team(user, record)))
    return found


def _covers_unowned(permission: str, scope: Scope | None) -> bool:
    """Whether the own records include those that nobody owns; asks the organisation only where it may."""
    return scope == Scope.OWN and permission in _ALSO_UNOWNED and any(ask() for ask in _opened_by)


def _is_of_her_team(user: User, record: Owned) -> bool:
    return Membership.objects.filter(user=user, team=record.team_id).exists()


def require(user: User, permission: str, record: Any = None) -> None:
    """Raise NotAllowed unless the role, and the record where one is given, permit it."""
    if not allowed(user, permission):
        raise NotAllowed(_("Your role does not include this. Ask an admin."), permission=permission)
    if record is not None and not reaches(user, permission, record):
        raise NotAllowed(_("This record belongs to another team."), permission=permission)


def within(user: User, permission: str, *, owner: str = "owner", team: str = "team") -> Q:
    """The condition on a table that `permission` puts for `user`.

    `owner` and `team` are the ORM paths of the record's owner and team. A team scope opens the
    records of her teams, her own, and those that nobody owns yet. Her own include leads without an
    owner, of no team or of one of hers, where the organisation opens them.
    """
    scope = scope_of(user, permission)
    if scope is None:
        return Q(pk__in=[])
    if scope == Scope.ALL:
        return Q()
    mine, nobodys = Q(**{owner: user}), Q(**{f"{owner}__isnull": True, f"{team}__isnull": True})
    if _covers_unowned(permission, scope):
        hers = Membership.objects.filter(user=user).values("team")
        return mine | nobodys | Q(**{f"{owner}__isnull": True, f"{team}__in": hers})
    if scope == Scope.OWN:
        return mine
    return mine | Q(**{f"{team}__in": team_ids(user)}) | nobodys
