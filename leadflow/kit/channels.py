"""By which marketing channel somebody came: ordered rules over campaign words, click ids and referrer.

A rule is a plain object: {"channel": "paid_search", "medium": [...], "source": [...], "click_id": [...],
"site": [...]}. Each list that is not empty must be met; the first rule that is met decides. A site is a
host name and all below it, or one of the groups `search`, `social` and `any`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadflow.kit import touches

COLUMNS = ("medium", "source", "click_id", "site")
MOST_RULES, MOST_WORDS, MOST_LENGTH = 60, 60, 80
SEARCH = frozenset(
    {"google", "bing", "yahoo", "duckduckgo", "ecosia", "qwant", "startpage", "baidu", "yandex", "naver", "seznam",
     "kagi"}
)  # fmt: skip
SOCIAL = frozenset(
    {"facebook", "instagram", "linkedin", "twitter", "pinterest", "reddit", "tiktok", "youtube", "xing", "threads"}
)  # fmt: skip
SOCIAL_HOSTS = frozenset({"x.com", "t.co", "lnkd.in", "youtu.be", "bsky.app"})
# A mailbox or a document of a search engine is no search.
_NO_SEARCH = ("mail.", "docs.", "drive.", "accounts.", "calendar.", "meet.")
Rule = Mapping[str, Any]


def _rule(channel: str, **columns: str) -> dict[str, Any]:
    return {"channel": channel} | {name: columns.get(name, "").split() for name in COLUMNS}


STANDARD: list[dict[str, Any]] = [
    _rule("paid_search", medium="cpc ppc paidsearch paid-search sem"),
    _rule("display", medium="display banner cpm programmatic"),
    _rule("paid_social", medium="paidsocial paid-social paid_social cpc-social"),
    _rule("paid_search", click_id="gclid gbraid wbraid msclkid yclid"),
    _rule("display", click_id="dclid"),
    _rule("paid_social", click_id="li_fat_id ttclid twclid epik rdt_cid"),
    _rule("broadcast", medium="email", source="broadcast"),
    _rule("broadcast", medium="email-blast email_blast mass-email bulk-email"),
    _rule("email", medium="email e-mail newsletter mail"),
    _rule("social", medium="social social-media sm post"),
    _rule("partner", medium="affiliate partner reseller"),
    _rule("webinar", medium="webinar"),
    _rule("event", medium="event fair print poster qr"),
    _rule("content", medium="content blog article video infographic"),
    _rule("referral", medium="referral"),
    _rule("organic", medium="organic seo"),
    _rule("organic", site="search"),
    _rule("social", site="social"),
    _rule("referral", site="any"),
]


@dataclass(frozen=True, slots=True)
class Came:
    """What is told of one touch: the words of its link, and the host of the page that led here."""

    words: Mapping[str, str]
    site: str = ""

    @property
    def says_something(self) -> bool:
        """Whether there is anything that a rule could read."""
        return bool(self.words or self.site)


def came(*, utm: Mapping[str, Any], referrer: str, landing: str, own: Collection[str] = ()) -> Came:
    """Read a touch; a page of our own, or of the site that was landed on, led nobody here."""
    words = touches.campaign({**touches.parameters(landing), **utm})
    site = _bare(touches.host_of(referrer))
    home = {_bare(host) for host in own} | {_bare(touches.host_of(landing))}
    return Came({key: value.lower() for key, value in words.items()}, "" if site in home else site)


def _bare(host: str) -> str:
    return host.lower().partition(":")[0].removeprefix("www.")


def decide(rules: Sequence[Rule], told: Came) -> tuple[str, int] | None:
    """The channel and the number of the rule that said so (from 1); None where no rule is met."""
    for number, rule in enumerate(rules, start=1):
        if any(rule.get(name) for name in COLUMNS) and _met(rule, told):
            return str(rule["channel"]), number
    return None


def _met(rule: Rule, told: Came) -> bool:
    said = {"medium": told.words.get("utm_medium", ""), "source": told.words.get("utm_source", "")}
    if any(rule.get(name) and word not in rule[name] for name, word in said.items()):
        return False
    if rule.get("click_id") and not any(told.words.get(one) for one in rule["click_id"]):
        return False
    return not rule.get("site") or any(_is_of(told.site, one) for one in rule["site"])


def _is_of(site: str, wanted: str) -> bool:
    """Whether a host belongs to a group, or lies at or below a name."""
    if not site:
        return False
    if wanted == "any":
        return True
    if wanted == "search":
        return _named(site, SEARCH) and not site.startswith(_NO_SEARCH)
    if wanted == "social":
        return site in SOCIAL_HOSTS or _named(site, SOCIAL)
    return site == wanted or site.endswith(f".{wanted}")


def _named(site: str, known: Collection[str]) -> bool:
    """google.co.uk and de.linkedin.com: the name stands before the ending, whatever stands before it."""
    parts = site.split(".")
    return any(part in known for part in parts[max(0, len(parts) - 3) : -1])
