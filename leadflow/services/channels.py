"""The organisation's rules of channels: which hold, editing and publishing them, and what they would change."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.kit import channels
from leadflow.kit.clock import now
from leadflow.models import Channel, Direction, PublicHost, Touchpoint
from leadflow.people.models import User
from leadflow.rulesets import registry, selectors
from leadflow.rulesets import services as rulesets
from leadflow.rulesets.models import RuleSet, RuleVersion

KIND = "channels"
REPLAYED = timedelta(days=90)
MOST_REPLAYED = 100_000
_SECONDS = 30.0  # so long another process may go on deciding by the rules before
_OUTBOUND = (Channel.CALL, Channel.EMAIL, Channel.BROADCAST, Channel.DISPLAY)
_held: tuple[float, list[dict[str, Any]], frozenset[str]] | None = None


def standard() -> dict[str, Any]:
    """The document that holds until somebody publishes another."""
    directions = {
        one.value: (Direction.OUTBOUND if one in _OUTBOUND else Direction.INBOUND).value
        for one in Channel
    }
    return {"rules": channels.STANDARD, "directions": directions}


def rule_set() -> RuleSet | None:
    """The one rule set of this kind, once somebody edited it."""
    return RuleSet.objects.of_kind(KIND).first()


def in_force() -> dict[str, Any]:
    """The document that decides now."""
    found = rule_set()
    version = selectors.current(found) if found else None
    return dict(version.document) if version else standard()


def edited() -> tuple[dict[str, Any], RuleVersion | None]:
    """What the screen shows: the draft where there is one, else what decides."""
    found = rule_set()
    draft = selectors.draft(found) if found else None
    return (dict(draft.document), draft) if draft else (in_force(), None)


def of_touch(*, utm: Mapping[str, Any], referrer: str, landing: str) -> str:
    """The channel that the rules give a touch; nothing where they say nothing."""
    rules, own = _remembered()
    told = channels.came(utm=utm, referrer=referrer, landing=landing, own=own)
    found = channels.decide(rules, told) if told.says_something else None
    return found[0] if found else ""


def _remembered() -> tuple[list[dict[str, Any]], frozenset[str]]:
    """Rules and own host names as of half a minute ago at most: a post must not read them each time."""
    global _held
    if _held is None or _held[0] < time.monotonic():
        _held = (time.monotonic() + _SECONDS, in_force()["rules"], own_hosts())
    return _held[1], _held[2]


def forget() -> None:
    """Read the rules anew at the next touch."""
    global _held
    _held = None


def own_hosts() -> frozenset[str]:
    """Where visitors go from one page of ours to another."""
    app = urlsplit(settings.PUBLIC_BASE_URL).hostname or ""
    return frozenset({app, *PublicHost.objects.values_list("name", flat=True)})


@transaction.atomic
def save(
    *, document: Mapping[str, Any], by: User | None, revision: int | None = None
) -> RuleVersion:
    """Keep an edit; it decides nothing before it is published. Raises Invalid for what is no rule."""
    check(document)
    found = rule_set()
    if found is None:
        found = rulesets.create(kind=KIND, name="Channels", document=document, by=by)
        return found.versions.get()
    return rulesets.save_draft(found, document=document, by=by, revision=revision)


@transaction.atomic
def publish(*, by: User | None, revision: int | None = None) -> RuleVersion:
    """Let the draft decide from the next touch on; touches that were keep the channel that they had."""
    found = rule_set()
    if found is None:
        raise Invalid(_("Nothing was changed yet."))
    version = rulesets.publish(found, by=by, revision=revision)
    transaction.on_commit(forget)
    return version


def check(document: Mapping[str, Any]) -> None:
    """Raise Invalid unless the document has the shape of rules."""
    rules, directions = document.get("rules"), document.get("directions")
    if not isinstance(rules, list) or len(rules) > channels.MOST_RULES:
        raise Invalid(_("Use at most %(n)d rules.") % {"n": channels.MOST_RULES})
    for number, rule in enumerate(rules, start=1):
        if not _is_rule(rule):
            raise Invalid(_("Rule %(n)d cannot be read.") % {"n": number})
        if not any(rule.get(name) for name in channels.COLUMNS):
            raise Invalid(
                _("Rule %(n)d asks for nothing. Fill a column or remove it.") % {"n": number}
            )
    known = isinstance(directions, Mapping) and set(directions) <= set(Channel.values)
    if not known or not set(directions.values()) <= set(Direction.values):  # type: ignore[union-attr]
        raise Invalid(_("Choose inbound or outbound for each channel."))


def _is_rule(rule: Any) -> bool:
    if not isinstance(rule, Mapping) or rule.get("channel") not in Channel.values:
        return False
    lists = [rule.get(name, []) for name in channels.COLUMNS]
    return all(
        isinstance(words, list)
        and len(words) <= channels.MOST_WORDS
        and all(isinstance(one, str) and 0 < len(one) <= channels.MOST_LENGTH for one in words)
        for words in lists
    )


@dataclass(frozen=True, slots=True)
class Replay:
    """What rules would have said of the touches of the last 90 days."""

    touches: int
    changed: int
    is_cut: bool
    rows: list[tuple[str, int, int]]  # channel, as it was, as it would be


def replay(rules: Sequence[channels.Rule]) -> Replay:
    """Decide the touches of the last 90 days again, by these rules; nothing is written."""
    own = own_hosts()
    found = Touchpoint.objects.filter(occurred_at__gte=now() - REPLAYED).order_by("-pk")
    fields = found.values_list("channel", "utm", "referrer", "landing")[:MOST_REPLAYED]
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    changed = 0
    for channel, utm, referrer, landing in fields.iterator(chunk_size=2_000):
        told = channels.came(utm=utm or {}, referrer=referrer, landing=landing, own=own)
        decided = channels.decide(rules, told) if told.says_something else None
        would = decided[0] if decided else channel
        before[channel] += 1
        after[would] += 1
        changed += would != channel
    names = [one for one in Channel.values if before[one] or after[one]]
    total = sum(before.values())
    rows = [(one, before[one], after[one]) for one in names]
    return Replay(total, changed, total >= MOST_REPLAYED, rows)


def install() -> None:
    """Make the kind known."""
    registry.register(
        registry.RuleKind(
            KIND, _("Channels"), check, permission="source.edit", url_name="console:channels"
        )
    )
