"""The words of a step or a broadcast for one person, and the trial mail that an author sends to herself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.kit.ids import code
from leadflow.mail import services as mail
from leadflow.mail.compose import html_of, with_hrefs, with_preview, with_targets
from leadflow.mail.design import cases, reading, rendering
from leadflow.mail.merge import Template, compile_template
from leadflow.mail.merge_fields import of_mails, passed, values_for
from leadflow.mail.models import Delivery, SenderIdentity
from leadflow.models import Lead, Organisation
from leadflow.people.models import User
from nurturing.models import Broadcast
from nurturing.services import offering
from nurturing.services.eligibility import PURPOSE


@dataclass(frozen=True)
class Words:
    """What a mail says to one person; `html` is empty where its text is all that there is."""

    subject: str
    text: str
    preheader: str = ""
    html: str = ""

    @property
    def parts(self) -> dict[str, Any]:
        """Subject, text and HTML as the ledger takes them."""
        if self.html:
            return {
                "subject": self.subject,
                "text": self.text,
                "html": self.html,
                "is_designed": True,
            }
        html = with_preview(html_of(self.text), self.preheader) if self.preheader else ""
        return {"subject": self.subject, "text": self.text, "html": html}


Reader = Mapping[str, Any]


def readers(
    step: Mapping[str, Any], leads: Collection[Lead], at: datetime | None = None
) -> dict[int, dict[str, Any]]:
    """What a designed mail asks of each of these leads beside their fields, in a fixed number of queries."""
    asks = step.get("programs", {}).get("asks")
    return reading.values_for(asks, leads, at=at or clock.now()) if asks else {}


class Writer:
    """The mail of a step, its programs read once for however many readers."""

    def __init__(self, step: Mapping[str, Any]) -> None:
        self._programs = _programs(step)
        self._is_designed = "html" in self._programs
        self._said = {
            part: Template.stored(self._programs[part]) for part in ("subject", "body", "preheader")
        }
        self.named = frozenset(rendering.fields_of(self._programs))

    @property
    def asks(self) -> Mapping[str, Any]:
        """What its design asks of a reader beside her fields."""
        return self._programs.get("asks") or {}

    @property
    def fields(self) -> frozenset[str]:
        """What it names of a lead; what a design or an offer adds is found elsewhere."""
        return self.named.difference(rendering.own_paths(self.asks), passed())

    def asks_more(self, step: Mapping[str, Any]) -> bool:
        """Whether its design or its offer asks of the whole person."""
        asks, offers = self._programs.get("asks"), step.get("offer")
        return bool(asks or offers or self.named.intersection(passed()))

    def words(self, values: Mapping[str, Any]) -> Words:
        """What it says to whom these values belong. Raises Invalid where nothing is left to say."""
        words = self._designed(values) if self._is_designed else self._plain(values)
        if not words.subject.strip():
            raise Invalid(_("The subject is empty for this person. Give its fields a fallback."))
        return words

    def _plain(self, values: Mapping[str, Any]) -> Words:
        said = self._said
        preheader = said["preheader"]
        return Words(
            said["subject"].render(values, "line"),
            said["body"].render(values, "text"),
            preheader.render(values, "line") if preheader.program else "",
        )

    def _designed(self, values: Mapping[str, Any]) -> Words:
        made = rendering.written(self._programs, values)
        return Words(made.subject, made.text, made.preheader, made.html)


def words_for(
    step: Mapping[str, Any],
    lead: Lead,
    organisation: Organisation | None = None,
    *,
    reader: Reader | None = None,
) -> Words:
    """The mail of a step for this lead; `reader` is what `readers` found for her, asked here where nobody
    did: then it is only looked at, and no offer is given. Raises Invalid where nothing is left to say."""
    writer = Writer(step)
    values = values_for(lead, organisation, asked=writer.named)
    values |= _looked_at(step, lead) if reader is None else reader
    return writer.words(values)


def for_anybody(step: Mapping[str, Any]) -> Words:
    """The mail of a step for somebody of whom nothing is known: each field says its fallback. Raises
    Invalid where nothing is left to say."""
    writer = Writer(step)
    values = cases.values_of(cases.EMPTY, writer.asks)
    return writer.words(values | {"organisation.name": Organisation.current().name})


def _looked_at(step: Mapping[str, Any], lead: Lead) -> Reader:
    return offering.shown(step, lead) | readers(step, [lead]).get(lead.pk, {})


def _programs(step: Mapping[str, Any]) -> dict[str, Any]:
    """As published; a draft that was never saved with programs, and a version from before there were
    preview texts, are read now."""
    found = dict(step.get("programs") or {})
    for part in ("subject", "preheader", "body"):
        if part not in found:
            source = step.get(part, "")
            found[part] = compile_template(source, of_mails()).program if source else []
    return found


def shared(
    step: Mapping[str, Any],
    *,
    at: datetime,
    origin: str,
    sender: SenderIdentity | None,
    sequence_id: int,
    purpose: str = PURPOSE,
    counts_opens: bool | None = None,
) -> mail.Message:
    """What the mails of a step have in common, as the ledger takes them; always marketing, so the footer
    with the address and the link to unsubscribe stands in each whatever the author wrote."""
    return mail.Message(
        key="",
        kind=Delivery.Kind.MARKETING,
        purpose=purpose,
        to="",
        subject="",
        text="",
        is_designed="html" in (step.get("programs") or {}),
        identity=sender,
        due_at=at,
        origin=origin,
        counts_opens=counts_opens,
        headers={"X-Campaign": f"sequence-{sequence_id}"},
    )


def of_broadcast(
    broadcast: Broadcast,
    lead: Lead,
    *,
    key: str,
    due_at: datetime,
    organisation: Organisation,
    reader: Reader | None = None,
    subject: int | None = None,
) -> mail.Message:
    """The mail of a broadcast for one person as the ledger takes it: its links carry the campaign, and
    what mailboxes show beside the subject stands hidden at its top. `subject` is the place of hers."""
    words = words_for(broadcast.words_with(subject), lead, organisation, reader=reader)
    marked = partial(tagged, params=campaign_words(broadcast))
    html = with_hrefs(words.html, marked) if words.html else ""
    words = replace(words, text=with_targets(words.text, marked), html=html)
    return mail.Message(
        key=key,
        kind=Delivery.Kind.MARKETING,
        purpose=broadcast.purpose,
        to=lead.email,
        to_name=f"{lead.first_name} {lead.last_name}".strip(),
        **words.parts,
        lead_id=lead.pk,
        identity=broadcast.sender,
        due_at=due_at,
        origin=broadcast.origin,
        counts_opens=broadcast.counts_opens,
        headers={"X-Campaign": f"broadcast-{broadcast.pk}"},
    )


def campaign_words(broadcast: Broadcast) -> dict[str, str]:
    """What its links say of themselves: the standard rules of channels read a broadcast in it."""
    name = broadcast.campaign.name if broadcast.campaign else broadcast.name
    return {
        "utm_source": "broadcast",
        "utm_medium": "email",
        "utm_campaign": name[:80],
        "utm_content": f"broadcast-{broadcast.pk}",
    }


def tagged(url: str, *, params: Mapping[str, str]) -> str:
    """The address with the words of a campaign; one that has its own, and one to write to, are left alone."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return url
    told = parse_qsl(parts.query, keep_blank_values=True)
    if any(name.startswith("utm_") for name, _value in told):
        return url
    query = "&".join(filter(None, [parts.query, urlencode(params)]))
    return urlunsplit(parts._replace(query=query))


def sender_of(step: Mapping[str, Any]) -> SenderIdentity | None:
    """Who the step's mail comes from; None is the organisation's own address."""
    if not step.get("sender"):
        return None
    rows = SenderIdentity.objects.filter(pk=step["sender"], verified_at__isnull=False)
    return rows.first()


def send_trial(*, step: Mapping[str, Any], lead: Lead, by: User, letter: str = "") -> Delivery:
    """Send the mail of a step, written as for this lead, to its author; `letter` tells subjects that are
    tried apart. Raises Invalid where she has no address."""
    if not by.email:
        raise Invalid(_("Your profile has no email address to send to."))
    words = words_for(step, lead)
    mark = _("[Test %s]") % letter if letter else _("[Test]")
    parts = words.parts | {"subject": f"{mark} {words.subject}"}
    return mail.queue(
        key=f"trial:{by.pk}:{code(12)}",
        kind=Delivery.Kind.NOTICE,
        to=by.email,
        to_name=by.name,
        **parts,
        by=by,
        identity=sender_of(step),
    )
