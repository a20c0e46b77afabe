"""Questions about people that several screens ask."""

from datetime import datetime

from django.conf import settings
from django.db.models import Prefetch

from leadflow.kit import clock, tokens
from leadflow.people.models import Invitation, Membership, Role, Team, User, UserQuerySet

INVITE_PURPOSE = "invite.v1"


def nobody_yet() -> bool:
    """Whether this installation has no person at all: the first run."""
    return not User.objects.exists()


def active_admins() -> UserQuerySet:
    """The people who can let others in: active admins with an address to sign in with."""
    people: UserQuerySet = User.objects.active()
    return people.filter(role=Role.ADMIN).exclude(email=None)


def token_hash(token: str) -> str:
    """What is stored of an invitation's token."""
    return tokens.keyed_hash(settings.SECRET_KEY, INVITE_PURPOSE, token)


def open_invitation(token: str, *, at: datetime | None = None) -> Invitation | None:
    """The invitation that a link opens, or None: unknown, used, withdrawn and late look alike."""
    found: Invitation | None = (
        Invitation.objects.open(at or clock.now()).filter(token_hash=token_hash(token)).first()
    )
    return found


def people_with_teams(viewer: User) -> UserQuerySet:
    """Everybody who works here, with memberships at hand, active people first."""
    memberships = Prefetch("memberships", Membership.objects.select_related("team"))
    people: UserQuerySet = User.objects.visible_to(viewer).prefetch_related(memberships)
    return people.order_by("-is_active", "name", "id")


def managed_by(user: User) -> list[Team]:
    """The teams that she manages."""
    return list(Team.objects.filter(memberships__user=user, memberships__is_manager=True))
