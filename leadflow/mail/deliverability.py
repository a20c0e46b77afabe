"""What mailbox providers look for in the domain of a sender: SPF, DKIM, DMARC, alignment, one click.

Each verdict says what was found, and the exact record that is missing.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow import net
from leadflow.kit import clock
from leadflow.mail.models import DomainStanding, SenderIdentity, SigningKey
from leadflow.mail.signing import dns_record
from leadflow.services import hosts
from leadflow.services.companies import registrable

OK, WARN, BAD, UNKNOWN = "ok", "warn", "bad", "unknown"
RECORDS = ("SPF", "DKIM", "DMARC")
_LOOKUPS = re.compile(r"(^|\s)[+?~-]?(include:|redirect=|exists:|a\b|mx\b|ptr\b)", re.IGNORECASE)
MOST_LOOKUPS = 10  # RFC 7208, 4.6.4


@dataclass(frozen=True)
class Verdict:
    """One thing that receivers look for. `name` and `record` are what to add to DNS, where that helps."""

    what: str
    state: str
    words: str
    name: str = ""
    record: str = ""


def domains() -> list[str]:
    """The domains that mail comes from: those of verified senders, and that of MAIL_FROM."""
    rows = SenderIdentity.objects.filter(verified_at__isnull=False).values_list("email", flat=True)
    found = {address.rpartition("@")[2].lower() for address in rows}
    if not found:
        found = {parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2].lower()}
    return sorted(found - {""})


def standings() -> list[tuple[str, DomainStanding | None, SigningKey | None]]:
    """Each domain with what was found last, and its own key."""
    known = {row.domain: row for row in DomainStanding.objects.filter(domain__in=domains())}
    keys = {key.domain: key for key in SigningKey.objects.filter(domain__in=domains())}
    return [(name, known.get(name), keys.get(name)) for name in domains()]


@dataclass(frozen=True)
class Look:
    """What DNS said last of who may send for a domain: when, and what was not in order."""

    at: datetime
    wrong: tuple[Verdict, ...]


def last_looks(names: Collection[str]) -> dict[str, Look]:
    """The last look at each of these domains, of SPF, DKIM and DMARC; who was never looked at is missing."""
    rows = DomainStanding.objects.filter(domain__in={name.lower() for name in names})
    return {row.domain: Look(row.checked_at, tuple(_wrong(row))) for row in rows}


def _wrong(row: DomainStanding) -> Iterator[Verdict]:
    for told in row.verdicts:
        if told["what"] in RECORDS and told["state"] != OK:
            yield Verdict(**told)


def check(domain: str) -> DomainStanding:
    """Ask DNS now, and keep what it said."""
    key = SigningKey.objects.filter(domain=domain).first()
    dkim = _dkim(key)
    verdicts = [_spf(domain), dkim, _dmarc(domain), _aligned(domain, key, dkim), _one_click()]
    with transaction.atomic():
        row, _made = DomainStanding.objects.update_or_create(
            domain=domain,
            defaults={"verdicts": [asdict(one) for one in verdicts], "checked_at": clock.now()},
        )
    return row


def _silent(what: str, name: str) -> Verdict:
    return Verdict(
        what, UNKNOWN, _("Nobody answered for %(name)s. Check again later.") % {"name": name}
    )


def _spf(domain: str) -> Verdict:
    told = net.texts_told(domain)
    if told is None:
        return _silent("SPF", domain)
    found = [text for text in told if text.lower().split(" ")[0] == "v=spf1"]
    relay = f"a:{settings.SMTP_HOST} " if settings.SMTP_HOST else ""
    wanted = f"v=spf1 {relay}~all"
    if not found:
        words = _(
            "There is no SPF record. Name the servers that may send for the domain; your provider"
            " says which `include:` it wants beside this."
        )
        return Verdict("SPF", BAD, words, domain, wanted)
    if len(found) > 1:
        return Verdict(
            "SPF", BAD, _("There are two SPF records, and so none counts. Make them one.")
        )
    return _judged_spf(found[0])


def _judged_spf(text: str) -> Verdict:
    if len(_LOOKUPS.findall(text)) > MOST_LOOKUPS:
        words = _("The record asks for more than ten others, and counts as broken: “%(text)s”.")
        return Verdict("SPF", BAD, words % {"text": text})
    if re.search(r"\s[+?]all\s*$", text) or not re.search(r"\s([~-]all\s*$|redirect=)", text):
        words = _("The record lets anybody send: “%(text)s”. End it with ~all or -all.")
        return Verdict("SPF", WARN, words % {"text": text})
    return Verdict("SPF", OK, _("Found: “%(text)s”.") % {"text": text})


def _dkim(key: SigningKey | None) -> Verdict:
    if key is None:
        words = _(
            "LeadFlow does not sign for this domain. If your mail server does, nothing is to be done;"
            " if not, make a key here."
        )
        return Verdict("DKIM", WARN, words)
    name, wanted = dns_record(key)
    told = net.texts_told(name)
    if told is None:
        return _silent("DKIM", name)
    texts = [re.sub(r"\s", "", text) for text in told]
    if any(f"p={key.public_key}" in text for text in texts):
        if key.is_on:
            return Verdict("DKIM", OK, _("The key is in DNS, and mail is signed with it."))
        return Verdict("DKIM", WARN, _("The key is in DNS. Turn signing on."))
    state = BAD if key.is_on else WARN
    words = _("Another key stands in DNS.") if texts else _("The record is not in DNS yet.")
    return Verdict("DKIM", state, words, name, wanted)


def _dmarc(domain: str) -> Verdict:
    for asked in dict.fromkeys((domain, registrable(domain))):
        told = net.texts_told(f"_dmarc.{asked}")
        if told is None:
            return _silent("DMARC", f"_dmarc.{asked}")
        found = [text for text in told if text.lower().replace(" ", "").startswith("v=dmarc1;")]
        if found:
            return _judged_dmarc(found)
    words = _("There is no DMARC record. Providers ask for one of whoever sends in bulk.")
    return Verdict("DMARC", BAD, words, f"_dmarc.{domain}", "v=DMARC1; p=none")


def _judged_dmarc(found: list[str]) -> Verdict:
    if len(found) > 1:
        return Verdict(
            "DMARC", BAD, _("There are two DMARC records, and so none counts. Make them one.")
        )
    policy = re.search(r"(?:^|;)\s*p\s*=\s*(none|quarantine|reject)\b", found[0], re.IGNORECASE)
    if policy is None:
        return Verdict(
            "DMARC", BAD, _("The record has no policy (p=): “%(text)s”.") % {"text": found[0]}
        )
    return Verdict("DMARC", OK, _("Found: “%(text)s”.") % {"text": found[0]})


def _aligned(domain: str, key: SigningKey | None, dkim: Verdict) -> Verdict:
    """Bounces go to the address in From, so SPF is aligned; a signature of ours names the same domain."""
    what = _("Alignment")
    if key is not None and dkim.state == OK:
        words = _("Envelope, signature and From all name %(domain)s.")
        return Verdict(what, OK, words % {"domain": domain})
    words = _(
        "Envelope and From both name %(domain)s. A signature by your mail server has to name it too."
    )
    return Verdict(what, OK if dkim.state == OK else WARN, words % {"domain": domain})


def _one_click() -> Verdict:
    what = _("One click to unsubscribe")
    if not hosts.base_url().startswith("https://"):
        words = _("Links begin with %(url)s. One click needs https: set PUBLIC_BASE_URL to it.")
        return Verdict(what, BAD, words % {"url": hosts.base_url()})
    return Verdict(
        what, OK, _("Each marketing mail carries both headers, and the signature covers them.")
    )
