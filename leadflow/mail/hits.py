"""Whether a person or a machine asked for the links and the picture of a mail: pure, from all hits at once.

Each hit is judged in the light of the others, so a verdict changes when more is known: a trap that was
followed, all links at once, a page that she looked at afterwards.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

HUMAN, UNKNOWN, MACHINE = "human", "unknown", "machine"
OPEN, CLICK, TRAP = "open", "click", "trap"

TOO_SOON = timedelta(seconds=2)  # after sending: nobody has read anything
BURST = timedelta(seconds=2)  # between two links of one mail
SWEEP = timedelta(seconds=60)  # within which who follows every link of three or more reads none
NEAR = timedelta(
    minutes=10
)  # what the visitor of a trap did so long before and after, she did not read
EARLY = timedelta(minutes=2)  # after sending: scanners look at mail on its way in
SETTLED = timedelta(seconds=60)  # an early click without anything against it counts after so long
SHOWN_WITHIN = timedelta(
    minutes=30
)  # a page that she looked at so soon after a click speaks for it

_SCANNER = re.compile(
    r"bot\b|crawl|spider|scan|preview|proxy|barracuda|proofpoint|mimecast|safelinks|symantec|fortinet"
    r"|headless|python|curl|wget|java/|go-http|okhttp|libwww|httpclient|axios|ruby|perl|facebookext",
    re.IGNORECASE,
)
# Mail clients that load every picture beforehand: an open through them tells nothing.
_PREFETCH = re.compile(
    r"googleimageproxy|yahoomailproxy|^mozilla/5\.0$|ggpht|outlook-ios", re.IGNORECASE
)
# Networks from which filters of mail look at links, as their makers publish them
_NETWORKS = tuple(
    ip_network(one)
    for one in (
        "67.231.144.0/20", "148.163.128.0/19", "185.132.180.0/22",  # Proofpoint
        "207.211.30.0/23", "205.139.110.0/23", "185.58.84.0/22", "195.130.217.0/24",  # Mimecast
        "64.235.144.0/20", "209.222.80.0/21",  # Barracuda
        "40.94.0.0/16", "104.47.0.0/17", "52.100.0.0/14",  # Microsoft
        "66.249.80.0/20", "74.125.208.0/20",  # Google
    )
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One hit as it is judged; `link` tells links apart, `network` is an address cut down."""

    kind: str
    at: datetime
    link: int = 0
    method: str = "GET"
    agent: str = ""
    network: str = ""


@dataclass(frozen=True)
class Circumstances:
    """What is known of the message: when it left (None where it stayed here), how many links it has, and
    when its receiver looked at a page of ours."""

    sent_at: datetime | None
    links: int
    now: datetime
    shown: Sequence[datetime] = ()


Verdict = tuple[str, str]  # who, and in a word why


def judge(hits: Sequence[Asked], about: Circumstances) -> list[Verdict]:
    """A verdict for each hit, in their order."""
    trapped = [hit for hit in hits if hit.kind == TRAP]
    clicks = [hit for hit in hits if hit.kind == CLICK]
    swept = _swept(clicks, about.links)
    verdicts = []
    for hit in hits:
        why = (
            _by_itself(hit, about)
            or ("trap" if any(_together(hit, other) for other in trapped) else "")
            or ("sweep" if hit in swept else "")
            or ("burst" if _in_burst(hit, clicks) else "")
        )
        verdicts.append((MACHINE, why) if why else _doubted(hit, about))
    return verdicts


def _by_itself(hit: Asked, about: Circumstances) -> str:
    """What speaks for a machine in this one hit."""
    if hit.kind == TRAP:
        return "trap"
    if hit.method != "GET":
        return "method"
    if not hit.agent.strip() or _SCANNER.search(hit.agent):
        # pictures that a mailbox loads for its reader are no proof either way
        return "" if hit.kind == OPEN and _PREFETCH.search(hit.agent) else "agent"
    if hit.kind != OPEN and is_scanner(hit.network):
        return "network"
    if about.sent_at is not None and hit.at - about.sent_at < TOO_SOON:
        return "too soon"
    return ""


def _doubted(hit: Asked, about: Circumstances) -> Verdict:
    """Nothing speaks for a machine: a person, unless it is too early to say."""
    if hit.kind == OPEN:
        return (UNKNOWN, "loaded ahead") if _PREFETCH.search(hit.agent) else (HUMAN, "")
    if any(hit.at <= seen <= hit.at + SHOWN_WITHIN for seen in about.shown):
        return HUMAN, "page seen"
    early = about.sent_at is not None and hit.at - about.sent_at < EARLY
    if early and about.now - hit.at < SETTLED:
        return UNKNOWN, "early"
    return HUMAN, ""


def _together(hit: Asked, trap: Asked) -> bool:
    """Whether the same visitor did both: from one network, or with one program at about one time."""
    near = abs(hit.at - trap.at) <= NEAR
    return near and ((hit.network != "" and hit.network == trap.network) or hit.agent == trap.agent)


def _swept(clicks: Sequence[Asked], links: int) -> set[Asked]:
    """The clicks of whoever followed each of three or more links within a minute."""
    if links < 3:
        return set()
    found: set[Asked] = set()
    for first in clicks:
        window = [hit for hit in clicks if timedelta(0) <= hit.at - first.at <= SWEEP]
        if len({hit.link for hit in window}) >= links:
            found.update(window)
    return found


def _in_burst(hit: Asked, clicks: Iterable[Asked]) -> bool:
    """Whether she would have had to follow another link within two seconds, before or after."""
    return hit.kind == CLICK and any(
        other.link != hit.link and abs(other.at - hit.at) < BURST for other in clicks
    )


def is_scanner(network: str) -> bool:
    """Whether filters of mail look at links from there."""
    try:
        told = ip_address(network)
    except ValueError:
        return False
    return any(told in known for known in _NETWORKS if known.version == told.version)
