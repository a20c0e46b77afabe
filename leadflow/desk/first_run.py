"""What a new workspace still needs, until it is done or put away."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from capture import selectors as capture
from distribution import selectors as distribution
from leadflow.mail import selectors as mail
from leadflow.models import Lead, Organisation
from leadflow.people.models import Role, User


@dataclass(frozen=True)
class Step:
    """One thing to do, and where."""

    label: str | Promise
    why: str | Promise
    url: str
    is_done: bool


def checklist(user: User) -> list[Step]:
    """The six steps of a first week; empty for others than admins, and once all are done."""
    organisation = Organisation.current()
    if user.role != Role.ADMIN or organisation.has_demo or organisation.checklist.get("hidden"):
        return []
    steps = [
        Step(
            _("Say who you are"),
            _("Name and postal address stand under every mail."),
            "/settings/identity/",
            bool(organisation.postal_address.strip()),
        ),
        Step(
            _("Send under your own address"),
            _("A link to its mailbox verifies it; all mail comes from it then."),
            "/settings/sender/",
            mail.default_sender() is not None,
        ),
        Step(
            _("Invite your people"),
            _("Reps, a manager, a marketer."),
            "/settings/users/",
            User.objects.active().count() > 1,
        ),
        Step(
            _("Put a form online"),
            _("Visitors become leads by themselves."),
            "/forms/",
            capture.forms_of(user).filter(status="published").exists(),
        ),
        Step(
            _("Say who gets which lead"),
            _("A pool of people who take turns."),
            "/routing/",
            distribution.pools().filter(members__isnull=False).exists(),
        ),
        Step(
            _("Meet your first lead"),
            _("Send your own form, or import a file."),
            "/leads/",
            Lead.objects.visible_to(user).exists(),
        ),
    ]
    return steps if not all(step.is_done for step in steps) else []
