"""What a visitor says about how they heard of us, held against what was tracked. Pure."""

from collections.abc import Collection, Mapping

from leadflow.kit import text

QUESTION = "heard_from"  # the name of the question, whatever its words

# What the answers of the palette's question mean; one of another's making is compared by its words.
_CHANNELS: Mapping[str, frozenset[str]] = {
    "search": frozenset({"organic", "paid_search"}),
    "recommendation": frozenset({"referral", "partner"}),
    "social": frozenset({"social", "paid_social"}),
    "event": frozenset({"event", "webinar"}),
    "article": frozenset({"content", "organic", "email"}),
    "ad": frozenset({"paid_search", "paid_social", "display"}),
}
_TELLS_NOTHING = frozenset({"", "direct", "other"})

AGREES, DIFFERS, UNTRACKED, UNCLEAR = "agree", "differ", "untracked", "unclear"


def verdict(
    said: str, label: str, *, channel: str, source: str, sources: Collection[str] = ()
) -> str:
    """Whether her word and the tracked source mean the same.

    A source that says nothing (none, direct, other) is `untracked`, however much she said. An answer
    that names neither a known way nor one of our sources (`sources`, lower case) is `unclear`.
    """
    hers, ours = text.search_text(label or said), text.search_text(source)
    if hers and hers == ours:
        return AGREES
    if channel in _TELLS_NOTHING:
        return UNTRACKED
    if said in _CHANNELS:
        return AGREES if channel in _CHANNELS[said] else DIFFERS
    return DIFFERS if hers in sources else UNCLEAR
