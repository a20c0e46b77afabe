"""Whom the demo's mail comes from, what DNS says of the domain, who gets none, and who chose what she gets."""

from dataclasses import asdict
from datetime import datetime, timedelta

from leadflow.demo import postbox
from leadflow.demo.cast import DOMAIN, Cast
from leadflow.mail import signing
from leadflow.mail.deliverability import BAD, OK, WARN, Verdict
from leadflow.mail.models import Delivery, DomainStanding, SenderIdentity, SigningKey
from leadflow.models import Address, Consent, Lead, Origin, Suppression
from leadflow.services import addresses, consent

SENDER = f"priya@{DOMAIN}"
_Reason = Suppression.Reason
# Whom an earlier system did not write to: reason, purpose, how, whose addresses, so many days ago.
_REFUSED = (
    (_Reason.UNSUBSCRIBED, "", "Brought in with a file", ("office", "info", "kitchen", "lager"), 120),
    (_Reason.UNSUBSCRIBED, "marketing", "Brought in with a file", ("einkauf", "post"), 120),
    (_Reason.HARD_BOUNCE, "", "550 no such user", ("old.boss", "shop", "j.smit"), 60),
    (_Reason.COMPLAINT, "", "Marked as spam", ("cfo", "night.shift"), 33),
    (_Reason.BLOCKED, "", "A competitor reads along", ("sales", "scout"), 18),
    (_Reason.ERASED, "", "Asked to be forgotten", ("h.lund",), 9),
)  # fmt: skip
_THERE = "old-dairies.example"


def tell(cast: Cast, *, end: datetime) -> SenderIdentity:
    """A sender whose mailbox answered, a key that waits for its record, the list, one choice of a reader."""
    # by a row: the service would mail a link, and this mailbox is of the story. It is not the default, so
    # that sign-in mails of the installation go on coming from MAIL_FROM.
    sender = SenderIdentity.objects.create(
        name="Priya Nair, Brightwell", email=SENDER, reply_to=postbox.ADDRESS,
        verified_at=end - timedelta(days=40),
    )  # fmt: skip
    if not SigningKey.objects.filter(domain=DOMAIN).exists():
        signing.make_key(domain=DOMAIN, by=cast.admin)
    _looked_at(end - timedelta(hours=20))
    for reason, purpose, how, names, days in _REFUSED:
        at = end - timedelta(days=days)
        norms = {f"{name}@{_THERE}": at for name in names}
        addresses.suppress_many(norms, reason=reason, by=cast.marketer, purpose=purpose, detail=how)
    _choose(end - timedelta(days=2))
    return sender


def _looked_at(at: datetime) -> None:
    """What DNS said when the domain was looked at last; nobody is asked while the story is told."""
    key = SigningKey.objects.get(domain=DOMAIN)
    name, record = signing.dns_record(key)
    verdicts = (
        Verdict("SPF", OK, "Found: “v=spf1 include:relay.example ~all”."),
        Verdict("DKIM", WARN, "The record is not in DNS yet.", name, record),
        Verdict("DMARC", OK, "Found: “v=DMARC1; p=none; rua=mailto:dmarc@brightwell.example”."),
        Verdict("Alignment", WARN, f"Envelope and From both name {DOMAIN}. A signature by your mail server has to name it too."),
        Verdict("One click to unsubscribe", BAD, "Links begin with http://. One click needs https: set PUBLIC_BASE_URL to it."),
    )  # fmt: skip
    DomainStanding.objects.update_or_create(
        domain=DOMAIN, defaults={"verdicts": [asdict(one) for one in verdicts], "checked_at": at}
    )


def _choose(at: datetime) -> None:
    """One reader wants tips and visits by mail and a call, but no invitations to events."""
    lead = _reader(at)
    if lead is None:
        return
    for channel, purpose in (("email", "tips"), ("email", "visits"), ("phone", "marketing")):
        consent.give(
            lead=lead, channel=channel, purpose=purpose, method="preferences", at=at,
            origin=Origin.DEMO,
        )  # fmt: skip
    consent.withdraw(lead=lead, purpose="events", method="preferences", at=at, origin=Origin.DEMO)


def _reader(at: datetime) -> Lead | None:
    """Whoever got the latest marketing mail by then and never said no to any."""
    refused = Consent.objects.filter(state=Consent.State.WITHDRAWN).values("lead")
    got = Delivery.objects.filter(origin=Origin.DEMO, kind=Delivery.Kind.MARKETING)
    got = got.filter(due_at__lte=at).exclude(lead=None).exclude(lead__in=refused)
    last = got.select_related("lead").order_by("-due_at", "-pk").first()
    return last.lead if last else None


def remove() -> None:
    """Take the sender, its key and the list away; of the reader's choices her records take the rest."""
    SenderIdentity.objects.filter(email=SENDER).delete()
    SigningKey.objects.filter(domain=DOMAIN).delete()
    DomainStanding.objects.filter(domain=DOMAIN).delete()
    norms = [f"{name}@{_THERE}" for *_why, names, _days in _REFUSED for name in names]
    hashes = [addresses.address_hash(norm) for norm in norms]
    Suppression.objects.filter(email_hash__in=hashes).delete()
    Address.objects.filter(email_norm__in=norms).delete()
