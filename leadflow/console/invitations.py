"""Inviting somebody with the mail that carries her link."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from leadflow.mail.services import cancel, queue
from leadflow.models import Organisation
from leadflow.people.models import Invitation, Team, User
from leadflow.services import people


@transaction.atomic
def invite(
    *,
    email: str,
    role: str,
    by: User,
    name: str = "",
    teams: Iterable[Team] = (),
    is_manager: bool = False,
    user: User | None = None,
) -> str:
    """Make the invitation and queue its mail; the link, readable this once."""
    sent = people.invite(
        email=email, role=role, by=by, name=name, teams=teams, is_manager=is_manager, user=user
    )
    link = settings.PUBLIC_BASE_URL + reverse("console:join", args=[sent.token])
    organisation = Organisation.current()
    context = {"invitation": sent.invitation, "link": link, "by": by, "organisation": organisation}
    queue(
        key=mail_key(sent.invitation),
        kind="essential",
        to=sent.invitation.email,
        to_name=sent.invitation.name,
        subject=_("%(name)s invites you to %(organisation)s")
        % {"name": by.name, "organisation": organisation.name},
        text=render_to_string("emails/invitation.txt", context),
        by=by,
    )
    return link


@transaction.atomic
def again(*, invitation: Invitation, by: User) -> str:
    """A fresh link for another seven days; the old one opens nothing any more."""
    return invite(
        email=invitation.email,
        role=invitation.role,
        by=by,
        name=invitation.name,
        teams=list(invitation.teams.all()),
        is_manager=invitation.is_manager,
        user=invitation.user,
    )


@transaction.atomic
def revoke(*, invitation: Invitation, by: User) -> None:
    """Withdraw it, and its mail if that has not left."""
    people.revoke_invitation(invitation=invitation, by=by)
    cancel(keys=[mail_key(invitation)], reason=_("The invitation was withdrawn"))


def mail_key(invitation: Invitation) -> str:
    """Which mail it is in the ledger."""
    return f"invitation:{invitation.pk}"
