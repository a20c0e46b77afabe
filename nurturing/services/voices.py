"""How the owners of leads write: by a mailbox of their own, or by a verified address."""

from leadflow.mail import own, personal
from leadflow.mail.models import OwnMailbox, SenderIdentity
from leadflow.people.models import User


class Voices:
    """How each owner writes, asked once a batch."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[OwnMailbox | None, SenderIdentity | None]] = {}

    def of(self, owner: User) -> tuple[OwnMailbox | None, SenderIdentity | None]:
        """Her own mailbox, or else her verified address."""
        if owner.pk not in self._known:
            box = own.of(owner)
            self._known[owner.pk] = box, None if box else personal.own_identity(owner)
        return self._known[owner.pk]
