"""Who works here: inviting, changing, leaving. Each ends in a fact that the audit page shows.

The package `leadflow.people` lies below the event log, so its use cases stand here. Nothing here
asks permission: views do that before. What always holds, such as that one admin stays, holds here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import current_app
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid, NotAllowed
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, emails
from leadflow.kit.ids import token as new_token
from leadflow.models.choices import Origin
from leadflow.people import selectors
from leadflow.people.models import Invitation, Membership, ResetRequest, Role, Team, User

INVITATION_DAYS = 7


@dataclass(frozen=True)
class Sent:
    """An invitation with the one copy of its token that will ever be readable."""

    invitation: Invitation
    token: str


@transaction.atomic
def first_admin(*, name: str, email: str, password: str) -> User:
    """Make the admin of an installation that has nobody. Raises NotAllowed where somebody is."""
    _lock_admins()
    if not selectors.nobody_yet():
        raise NotAllowed(
            _("This workspace has an admin already. Sign in, or ask for an invitation.")
        )
    user = _make(name=name, email=_address(email), role=Role.ADMIN, password=password)
    _changed(user, None, ["role"], to=Role.ADMIN)
    return user


@transaction.atomic
def invite(
    *,
    email: str,
    role: str,
    by: User | None,
    name: str = "",
    teams: Iterable[Team] = (),
    is_manager: bool = False,
    user: User | None = None,
    at: datetime | None = None,
) -> Sent:
    """Ask somebody in for seven days; an older invitation to the same address ends.

    With `user` it gives a sign-in to a person who is here without one. Raises Invalid for an
    address that somebody signs in with, or for a person who can sign in already.
    """
    at, address = at or clock.now(), _address(email)
    if user is not None and user.can_sign_in:
        raise Invalid(_("%(name)s can sign in already.") % {"name": user.name})
    _refuse_known(address, but=user)
    earlier = Invitation.objects.filter(email__iexact=address, accepted_at=None, revoked_at=None)
    earlier.update(revoked_at=at)
    secret = new_token()
    invitation = Invitation.objects.create(
        email=address, name=name.strip() or (user.name if user else ""), role=Role(role), user=user,
        is_manager=is_manager, token_hash=selectors.token_hash(secret), invited_by=by,
        created_at=at, expires_at=at + timedelta(days=INVITATION_DAYS),
    )  # fmt: skip
    invitation.teams.set(teams)
    record(
        Kind.USER_INVITED,
        by=by,
        subject=invitation,
        data={"user": user.pk if user else None, "to": role},
        at=at,
    )
    return Sent(invitation, secret)


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User | None) -> None:
    """Withdraw it: its link opens nothing any more. Withdrawing twice is fine."""
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
        revoked_at=clock.now()
    )
    record(Kind.USER_CHANGED, by=by, subject=invitation, data={"fields": ["invitation"]})


@transaction.atomic
def accept_invitation(*, token: str, name: str, password: str, at: datetime | None = None) -> User:
    """Make the invited person's sign-in. Raises NotAllowed where the link opens nothing any more."""
    at = at or clock.now()
    digest = selectors.token_hash(token)
    invitation = Invitation.objects.select_for_update().filter(token_hash=digest).first()
    if invitation is None or not _is_open(invitation, at):
        raise NotAllowed(_("This invitation was used, withdrawn or is older than seven days."))
    _refuse_known(invitation.email, but=invitation.user)
    user = _admit(invitation, name.strip() or invitation.name, password)
    invitation.accepted_at, invitation.user = at, user
    invitation.save(update_fields=["accepted_at", "user"])
    _changed(user, user, ["role", "teams"], to=invitation.role)
    return user


def _is_open(invitation: Invitation, at: datetime) -> bool:
    return (
        invitation.accepted_at is None
        and invitation.revoked_at is None
        and invitation.expires_at > at
    )


def _admit(invitation: Invitation, name: str, password: str) -> User:
    user = invitation.user
    if user is None:
        user = _make(name=name, email=invitation.email, role=invitation.role, password=password)
    else:
        _check_password(password, user)
        user.email, user.name, user.role, user.is_active = (
            invitation.email,
            name,
            invitation.role,
            True,
        )
        user.set_password(password)
        user.save(update_fields=["email", "name", "role", "is_active", "password"])
    _join(user, invitation.teams.all(), invitation.is_manager)
    return user


@transaction.atomic
def make_user(
    *,
    name: str,
    role: str = Role.REP,
    by: User | None,
    email: str | None = None,
    teams: Iterable[Team] = (),
    manages: Iterable[Team] = (),
    external_system: str = "",
    external_id: str = "",
    password: str | None = None,
    is_demo: bool = False,
    origin: str = Origin.LIVE,
) -> User:
    """Make a person without inviting her (an imported owner, the demo's cast).

    The same external id, or else the same address, gives the person who is here already, with the
    teams added. Without a password she cannot sign in until she is invited.
    """
    address = _address(email) if email else None
    user = _known(external_system, external_id, address)
    is_new = user is None
    if user is None:
        user = User.objects.create_user(
            address, password, name=name, role=Role(role), is_demo=is_demo,
            external_system=external_system, external_id=external_id,
        )  # fmt: skip
    _join(user, teams)
    _join(user, manages, is_manager=True)
    if is_new:
        record(
            Kind.USER_CHANGED,
            by=by,
            subject=user,
            data={"user": user.pk, "fields": ["added"], "to": str(role)},
            origin=origin,
        )
    return user


def _known(system: str, external_id: str, address: str | None) -> User | None:
    if external_id:
        same = User.objects.filter(external_system=system, external_id=external_id)
        found: User | None = same.first()
        if found is not None:
            return found
    if not address:
        return None
    reached: User | None = User.objects.filter(email__iexact=address).first()
    return reached


@transaction.atomic
def ensure_team(*, name: str, office: str = "") -> Team:
    """The team of this name, made where it is missing."""
    team, _created = Team.objects.get_or_create(name=name.strip(), defaults={"office": office})
    return team


@transaction.atomic
def save_team(*, name: str, office: str = "", team: Team | None = None, by: User | None) -> Team:
    """Make or rename a team. Raises Conflict where the name is taken."""
    same = Team.objects.filter(name__iexact=name.strip())
    if (same.exclude(pk=team.pk) if team else same).exists():
        raise Invalid.at("name", _("Another team has this name. Choose a different one."))
    before = team.name if team else None
    team = team or Team()
    team.name, team.office = name.strip(), office.strip()
    team.save()
    data = {"name": f"team:{team.pk}", "from": before, "to": team.name}
    record(Kind.SETTING_CHANGED, by=by, subject=team, data=data)
    return team


@transaction.atomic
def remove_team(*, team: Team, by: User | None) -> None:
    """Remove an empty team. Raises Conflict while people or leads belong to it."""
    data = {"name": f"team:{team.pk}", "from": team.name}
    if team.memberships.exists():
        raise Conflict(_("People belong to this team. Move them first."))
    record(Kind.SETTING_CHANGED, by=by, subject=team, data=data)
    try:
        with transaction.atomic():
            team.delete()
    except ProtectedError as error:
        raise Conflict(_("Leads belong to this team. Assign them first.")) from error


@transaction.atomic
def change_user(
    *,
    user: User,
    by: User | None,
    role: str | None = None,
    teams: Iterable[Team] | None = None,
    manages: Iterable[Team] | None = None,
    name: str | None = None,
    email: str | None = None,
) -> User:
    """Change what a person is here; what is None stays. Ends her sessions where her reach changes.

    Raises Conflict where it would leave no admin, Invalid for an address that is taken.
    """
    _lock_admins()
    user = User.objects.select_for_update().get(pk=user.pk)
    before = str(user.role)
    changed = [*_change_self(user, name, email), *_change_reach(user, role, teams, manages)]
    if not changed:
        return user
    if {"role", "teams", "email"} & set(changed):
        _end_sessions(user)
    user.save()
    _changed(user, by, changed, from_=before, to=str(user.role))
    return user


def _change_self(user: User, name: str | None, email: str | None) -> list[str]:
    changed = []
    if name is not None and name.strip() and name.strip() != user.name:
        user.name = name.strip()
        changed.append("name")
    if email is not None and _address(email) != user.email:
        _refuse_known(_address(email), but=user)
        user.email = _address(email)
        changed.append("email")
    return changed


def _change_reach(
    user: User,
    role: str | None,
    teams: Iterable[Team] | None,
    manages: Iterable[Team] | None,
) -> list[str]:
    changed = []
    if role is not None and Role(role) != user.role:
        _keep_an_admin(user)
        user.role = Role(role)
        changed.append("role")
    if teams is not None and _set_teams(user, set(teams), set(manages or ())):
        changed.append("teams")
    return changed


def _set_teams(user: User, teams: set[Team], manages: set[Team]) -> bool:
    wanted = {team.pk: team in manages for team in teams | manages}
    present = dict(user.memberships.values_list("team_id", "is_manager"))
    if wanted == present:
        return False
    user.memberships.all().delete()
    Membership.objects.bulk_create(
        Membership(user=user, team_id=team_id, is_manager=is_manager)
        for team_id, is_manager in wanted.items()
    )
    return True


@transaction.atomic
def set_active(*, user: User, is_active: bool, by: User | None) -> User:
    """Shut a person out at once, or let her back in. Raises Conflict for the last admin."""
    _lock_admins()
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active == is_active:
        return user
    if not is_active:
        _keep_an_admin(user)
        _end_sessions(user)
    user.is_active = is_active
    user.save(update_fields=["is_active", "session_epoch"])
    _changed(user, by, ["is_active"], to="active" if is_active else "inactive")
    return user


@transaction.atomic
def set_password(*, user: User, password: str, by: User | None) -> User:
    """Give a person a new password and end her sessions. Raises Invalid where it is too weak."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _check_password(password, user)
    user.set_password(password)
    _end_sessions(user)
    user.save(update_fields=["password", "session_epoch"])
    _changed(user, by, ["password"])
    return user


@transaction.atomic
def ask_reset(*, email: str) -> None:
    """Note a forgotten password; who is meant, if anybody, is looked up later and elsewhere."""
    ResetRequest.objects.create(email=email.strip().lower(), asked_at=clock.now())
    transaction.on_commit(_wake_resets, robust=True)


def _wake_resets() -> None:
    current_app.send_task("leadflow.console.tasks.answer_resets", retry=False, expires=30)


@transaction.atomic
def take_resets(*, limit: int = 50) -> list[User]:
    """The people whose forgotten passwords wait for an answer; requests of strangers just go."""
    rows = list(ResetRequest.objects.select_for_update(skip_locked=True)[:limit])
    ResetRequest.objects.filter(pk__in=[row.pk for row in rows]).delete()
    wanted = {row.email for row in rows}
    found = User.objects.active().annotate(address=Lower("email")).filter(address__in=wanted)
    return list(found)


@transaction.atomic
def end_sessions(*, user: User, by: User | None) -> User:
    """Sign a person out everywhere."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _end_sessions(user)
    user.save(update_fields=["session_epoch"])
    _changed(user, by, ["sessions"])
    return user


@transaction.atomic
def signed_in(*, user: User) -> None:
    """Note that she is here."""
    User.objects.filter(pk=user.pk).update(last_seen_at=clock.now())
    record(Kind.USER_SIGNED_IN, by=user, subject=user, data={"user": user.pk})


@transaction.atomic
def signed_out(*, user: User) -> None:
    """Note that she left."""
    record(Kind.USER_SIGNED_OUT, by=user, subject=user, data={"user": user.pk})


@transaction.atomic
def sign_in_failed(*, email: str) -> None:
    """Note a refused sign-in; of an unknown address nothing is kept but that it happened."""
    user = User.objects.filter(email__iexact=email).first()
    data = {"user": user.pk if user else None}
    record(Kind.USER_SIGN_IN_FAILED, subject=user, data=data)


def _make(*, name: str, email: str, role: str, password: str) -> User:
    _refuse_known(email)
    _check_password(password, User(email=email, name=name))
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name.strip(), role=Role(role))
    except IntegrityError as error:
        raise Invalid.at("email", _("Somebody signs in with this address already.")) from error


def _join(user: User, teams: Iterable[Team], is_manager: bool = False) -> None:
    for team in teams:
        membership, is_new = Membership.objects.get_or_create(
            user=user, team=team, defaults={"is_manager": is_manager}
        )
        if not is_new and is_manager and not membership.is_manager:
            membership.is_manager = True
            membership.save(update_fields=["is_manager"])


def _lock_admins() -> None:
    """Two admins who demote each other meet here, so that the second sees what the first did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('leadflow.people.admins'))")


def _keep_an_admin(user: User) -> None:
    if user.is_admin and not selectors.active_admins().exclude(pk=user.pk).exists():
        raise Conflict(
            _("%(name)s is the only admin. Make somebody else an admin first.")
            % {"name": user.name}
        )


def _end_sessions(user: User) -> None:
    user.session_epoch += 1  # the row is locked by every caller


def _changed(
    user: User,
    by: User | None,
    fields: list[str],
    *,
    from_: str | None = None,
    to: str | None = None,
) -> None:
    data = {"user": user.pk, "fields": fields, "from": from_, "to": to}
    record(Kind.USER_CHANGED, by=by, subject=user, data=data)


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), {"password": error.messages}) from error


def _address(value: str) -> str:
    try:
        return emails.parse(value).address.lower()
    except ValueError as error:
        raise Invalid.at("email", str(error)) from error


def _refuse_known(address: str, but: User | None = None) -> None:
    if User.objects.filter(email__iexact=address).exclude(pk=but.pk if but else None).exists():
        raise Invalid.at("email", _("Somebody signs in with this address already."))
