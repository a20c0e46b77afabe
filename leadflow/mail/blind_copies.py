"""Mail that a colleague writes elsewhere and copies to her own address here, told on the timeline.

The address holds a code that nobody else sees: a blind copy stands in no header of what receivers get. It
counts only from her own addresses, and not where the receiving server says that its sender is forged.
"""

import re

from django.db import transaction

from leadflow.kit import emails
from leadflow.kit.ids import token
from leadflow.mail.models import BlindCopyAddress, InboundMail, Mailbox, OwnMailbox, SenderIdentity
from leadflow.mail.reading import Letter
from leadflow.models import Activity, Lead, LeadIdentity
from leadflow.people.access import reaches
from leadflow.people.models import User
from leadflow.services import activities

MARK = "+bcc-"
MOST = 20  # leads of one letter
_CODE = re.compile(r"\+bcc-([A-Za-z0-9_-]{8,40})@")
_FORGED = re.compile(r"\b(dmarc|spf|dkim)\s?=\s?(fail|permerror)\b", re.IGNORECASE)


def known_address(user: User) -> str:
    """Where she copies what she writes; empty where she has no such address yet, or none can be had."""
    box, row = _box(), BlindCopyAddress.objects.filter(user=user).first()
    if box is None or row is None:
        return ""
    local, _at, domain = box.address.rpartition("@")
    return f"{local}{MARK}{row.code}@{domain}".lower()


def can_be_had() -> bool:
    """Whether a mailbox of the organisation is read, to which copies can come."""
    return _box() is not None


def _box() -> Mailbox | None:
    return Mailbox.objects.filter(owner=None, is_paused=False).order_by("pk").first()


@transaction.atomic
def renew(*, user: User) -> None:
    """Another code: what is copied to the old one is noted and no more."""
    BlindCopyAddress.objects.update_or_create(user=user, defaults={"code": token().lower()})


def code_in(letter: Letter) -> str:
    """The code of the address that it came to; empty where it is none of these."""
    found = (_CODE.search(address) for address in letter.sent_to)
    return next((one[1] for one in found if one), "")


def writer(letter: Letter, code: str) -> User | None:
    """Whose copy it is: the code is hers, and she sent it from an address of hers."""
    row = BlindCopyAddress.objects.select_related("user").filter(code__iexact=code).first()
    if (
        row is None
        or not row.user.is_active
        or _FORGED.search(letter.header("Authentication-Results"))
    ):
        return None
    return row.user if _norm(letter.from_address) in _hers(row.user) else None


def _hers(user: User) -> set[str]:
    known = [user.email or ""]
    known += OwnMailbox.objects.filter(user=user).values_list("address", flat=True)
    verified = SenderIdentity.objects.filter(user=user, verified_at__isnull=False)
    known += verified.values_list("email", flat=True)
    return {_norm(address) for address in known} - {""}


def _norm(address: str) -> str:
    try:
        return emails.parse(address).norm
    except ValueError:
        return ""


def receivers(letter: Letter, user: User) -> list[Lead]:
    """The leads of hers to whom she wrote."""
    norms = {_norm(address) for address in letter.written_to} - {""}
    rows = LeadIdentity.objects.filter(
        kind=LeadIdentity.Kind.EMAIL, value_norm__in=list(norms)[:100]
    )
    found = {
        (one.lead.merged_into or one.lead).pk: one.lead.merged_into or one.lead
        for one in rows.select_related("lead__merged_into")
    }
    seen = Lead.objects.visible_to(user).filter(pk__in=found).order_by("pk")
    return [lead for lead in seen[:MOST] if reaches(user, "activity.add", lead)]


def log(letter: Letter, leads: list[Lead], user: User, row: InboundMail) -> None:
    """One touch for each of them, with the words."""
    number, said, at = row.pk, row.said, row.received_at
    for lead in leads:
        activities.log(
            kind=Activity.Kind.EMAIL, subject=letter.subject[:200] or "-", lead=lead,
            body=said[:10_000], subject_ref=f"copy:{number}", by=user, at=at,
        )  # fmt: skip
