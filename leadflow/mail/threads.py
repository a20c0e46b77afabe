"""Conversations: what we wrote to a person and what she answered, put together by who answers whom.

A message is named by its `ref`: `d12` is a delivery of ours, `i7` is mail that came in.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from leadflow.mail.compose import readable
from leadflow.mail.models import COUNTED, Delivery, InboundMail
from leadflow.mail.quotes import without_quotes
from leadflow.models import Lead

MOST = 500  # of what one page of people wrote and got, the newest
_REF = re.compile(r"([di])([1-9][0-9]{0,17})")
_ID = re.compile(r"<[^<>\s]+>")
_OURS = re.compile(r"<d-([0-9a-f-]{36})@")
_MARKS = re.compile(r"^(\s{0,3}(re|aw|sv|antw|fwd?|wg)\s?:){1,9}", re.IGNORECASE)
_LETTERS = (InboundMail.Kind.LETTER, InboundMail.Kind.REPLY)


@dataclass(frozen=True, slots=True)
class _Node:
    """One message, as far as it says what it answers."""

    ref: str
    at: datetime
    own: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Conversations:
    """Of some people: each message with the conversation that it belongs to, oldest message first."""

    of: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def with_(self, ref: str) -> Sequence[str]:
        """The conversation of a message; of itself alone where nothing is known of it."""
        return self.of.get(ref, (ref,))


def of_leads(lead_ids: Collection[int]) -> Conversations:
    """In two queries, however many messages there are."""
    nodes = [*_sent(lead_ids), *_came(lead_ids)]
    group: dict[str, str] = {}

    def root(name: str) -> str:
        while group.setdefault(name, name) != name:
            group[name] = group[group[name]]
            name = group[name]
        return name

    for node in nodes:
        for other in (*node.own, *node.answers):
            group[root(other)] = root(node.ref)
    together: dict[str, list[_Node]] = defaultdict(list)
    for node in sorted(nodes, key=lambda one: (one.at, one.ref)):
        together[root(node.ref)].append(node)
    return Conversations(
        {node.ref: [one.ref for one in those] for those in together.values() for node in those}
    )


def _sent(lead_ids: Collection[int]) -> Iterable[_Node]:
    rows = Delivery.objects.filter(lead__in=lead_ids).filter(
        Q(kind=Delivery.Kind.PERSONAL) | Q(kind=Delivery.Kind.MARKETING, state__in=COUNTED)
    )
    columns = ("pk", "due_at", "public_id", "headers")
    for pk, at, public_id, headers in rows.order_by("-pk").values_list(*columns)[:MOST]:
        ids = _ID.findall(f"{headers.get('In-Reply-To', '')} {headers.get('References', '')}")
        yield _Node(f"d{pk}", at, (f"<d-{public_id}@",), tuple(map(_known, ids)))


def _came(lead_ids: Collection[int]) -> Iterable[_Node]:
    rows = InboundMail.objects.filter(
        lead__in=lead_ids, state=InboundMail.State.FILED, kind__in=_LETTERS
    )
    columns = ("pk", "received_at", "message_id", "in_reply_to", "delivery")
    for pk, at, own, answers, delivery in rows.order_by("-pk").values_list(*columns)[:MOST]:
        named = [_known(one) for one in (answers,) if one] + ([f"d{delivery}"] if delivery else [])
        yield _Node(f"i{pk}", at, (own,), tuple(named))


def _known(message_id: str) -> str:
    """An id of ours by its random part: the domain behind it may change with the sender."""
    found = _OURS.match(message_id)
    return f"<d-{found[1]}@" if found else message_id


# --- the words ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """One message as it stands in its conversation."""

    ref: str
    at: datetime
    is_ours: bool
    who: str
    address: str
    subject: str
    words: str  # without what it quotes
    state: str  # where it did not simply arrive
    is_bad: bool
    url: str
    attached: Sequence[str] = ()
    mail: int = 0  # where it came in
    meaning: str = ""

    @property
    def about(self) -> str:
        """Its subject without the marks of an answer."""
        return bare(self.subject)


def message(lead_ids: Collection[int], ref: str) -> Delivery | InboundMail | None:
    """A message of these people; None where it is none, or of somebody else."""
    found = _REF.fullmatch(ref)
    if found is None:
        return None
    model: Any = Delivery if found[1] == "d" else InboundMail
    rows = model.objects.filter(pk=int(found[2]), lead__in=lead_ids)
    if model is Delivery:
        rows = rows.exclude(kind=Delivery.Kind.ESSENTIAL)
    one: Delivery | InboundMail | None = rows.first()
    return one


def said(refs: Sequence[str], name: str) -> list[Said]:
    """The messages of a conversation in words, in the order asked; `name` is whose conversation it is."""
    found = {one.ref: one for one in [*_we_said(refs), *_she_said(refs, name)]}
    return [found[ref] for ref in refs if ref in found]


def _numbers(refs: Iterable[str], kind: str) -> list[int]:
    return [int(ref[1:]) for ref in refs if ref[0] == kind]


def _we_said(refs: Sequence[str]) -> Iterable[Said]:
    rows = Delivery.objects.filter(pk__in=_numbers(refs, "d"))
    for row in rows.exclude(kind=Delivery.Kind.ESSENTIAL).select_related("by"):
        is_bad = row.state in (
            Delivery.State.FAILED, Delivery.State.SKIPPED, Delivery.State.BOUNCED,
            Delivery.State.COMPLAINED, Delivery.State.UNCERTAIN,
        )  # fmt: skip
        went = row.state in (Delivery.State.SENT, Delivery.State.DELIVERED)
        state = "" if went else " · ".join(filter(None, [row.get_state_display(), row.reason]))
        yield Said(
            f"d{row.pk}", row.left_at or row.due_at, True, row.by.name if row.by else row.from_name,
            row.to_address, row.subject, own_words(row.text), state, is_bad,
            row.get_absolute_url(),
        )  # fmt: skip


def _she_said(refs: Sequence[str], name: str) -> Iterable[Said]:
    for row in InboundMail.objects.filter(pk__in=_numbers(refs, "i")):
        yield Said(
            f"i{row.pk}", row.received_at, False, row.from_name or name,
            row.from_address, row.subject, row.said, "", False, row.get_absolute_url(),
            [str(one.get("name") or _("a file")) for one in row.attachments], row.pk, row.meaning,
        )  # fmt: skip


def bare(subject: str) -> str:
    """A subject without the marks of an answer before it."""
    return _MARKS.sub("", subject).strip()


def own_words(text: str) -> str:
    """What its writer says, without what she quotes."""
    return without_quotes(readable(text))


def answer_to(asked: Delivery | InboundMail, lead: Lead, written_at: str) -> tuple[str, str]:
    """Subject and quoted words of an answer; `written_at` is when it was written, in words."""
    who = asked.from_name or lead.name
    words = asked.said if isinstance(asked, InboundMail) else own_words(asked.text)
    subject = f"Re: {bare(asked.subject)}"
    head = _("On %(when)s, %(who)s wrote:") % {"when": written_at, "who": who}
    quoted = "\n".join(f"> {line}".rstrip() for line in words[:20_000].splitlines())
    return subject[:500].strip(), f"\n\n{head}\n{quoted}"
