"""How what happens to deals reads: moved and won, objected to, talked about the price, shared out."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.events.models import Event
from leadflow.kit import figures
from leadflow.models import BuyingRole
from leadflow.timeline.names import Names
from leadflow.timeline.shown import Presenter, Shown, Words, filled, quoted, reasons

_ROLES = dict(BuyingRole.choices)


def dealt(icon: str, text: Words, tone: str = "") -> Presenter:
    """Something about a deal."""

    def present(event: Event, names: Names) -> Shown:
        why = reasons(_amount(event.data), event.data.get("reason"), event.data.get("competitor"))
        return Shown(icon, names.actor(event), filled(text, event), why, tone=tone)

    return present


_TURNED: dict[str, tuple[Words, str]] = {
    "resolved": (lazy("resolved the objection “{title}”"), "ok"),
    "stands": (lazy("could not resolve the objection “{title}”"), "bad"),
    "open": (lazy("answered the objection “{title}”"), ""),
}


def objected(event: Event, names: Names) -> Shown:
    text, tone = _TURNED.get(str(event.data.get("state")), _TURNED["open"])
    answer = event.data.get("answer")
    why = [_("With: %s") % answer] if answer else []
    return Shown("messages", names.actor(event), filled(text, event), why, tone=tone)


_CONCEDED: dict[str, tuple[Words, str]] = {
    "asked": (lazy("was asked for a concession: {title}"), ""),
    "waiting": (lazy("asked for a yes to a concession: {title}"), ""),
    "given": (lazy("made a concession: {title}"), "ok"),
    "refused": (lazy("did not make a concession: {title}"), ""),
}
_USED: dict[str, tuple[Words, str]] = {
    "waiting": (lazy("asked for a yes to the offer “{title}”"), ""),
    "given": (lazy("used the offer “{title}”"), "ok"),
    "refused": (lazy("took the offer “{title}” off the deal"), ""),
}

_TALKED = lazy("negotiated: {title}")  # what it came to was erased


def negotiated(event: Event, names: Names) -> Shown:
    is_offer = event.data.get("offer") is not None
    words = _USED if is_offer else _CONCEDED
    text, tone = words.get(str(event.data.get("state")), (_TALKED, ""))
    worth = _amount(event.data)
    why = [_("Worth %s") % worth] if worth else []
    icon = "gift" if is_offer else "scale"
    return Shown(icon, names.actor(event), filled(text, event), why, tone=tone)


def _amount(data: dict[str, Any]) -> str:
    if not data.get("amount"):
        return ""
    amount = figures.written(f"{Decimal(data['amount']):,.0f}")
    return f"{amount} {data.get('currency', '')}"


def cast(event: Event, names: Names) -> Shown:
    """A person's role in a deal."""
    was, now = (_role(event.data.get(key)) for key in ("from", "to"))
    words = {
        "who": names.lead(event.lead_id) or _("somebody"),
        "role": now or was,
        "deal": quoted(event.data.get("title")),
    }
    if now:
        text = _("noted %(who)s as %(role)s in %(deal)s") % words
    else:
        text = _("noted %(who)s as %(role)s in %(deal)s no more") % words
    why = [_("Was %s") % was] if was and now else []
    return Shown("users-group", names.actor(event), " ".join(text.split()), why)


def _role(key: Any) -> str:
    return str(_ROLES.get(key, key or ""))


def rivalled(event: Event, names: Names) -> Shown:
    """A competitor in a deal."""
    words = {"who": event.data.get("name") or "?", "deal": quoted(event.data.get("title"))}
    sentence = {
        "running": _("noted %(who)s as a competitor in %(deal)s"),
        "out": _("noted that %(who)s is out of the race for %(deal)s"),
    }.get(event.data.get("to") or "", _("noted that %(who)s takes no part in %(deal)s"))
    return Shown("flag", names.actor(event), " ".join((sentence % words).split()))


def filed(text: Words) -> Presenter:
    """Files of a deal."""

    def present(event: Event, names: Names) -> Shown:
        listed = ", ".join(str(name) for name in event.data.get("names") or [])
        return Shown("paperclip", names.actor(event), filled(text, event), reasons(listed))

    return present


def shared_out(event: Event, names: Names) -> Shown:
    """The credit for a deal."""
    title = quoted(event.data.get("title"))
    now = _shares(event.data.get("users"), event.data.get("shares"), names)
    was = _shares(event.data.get("users_before"), event.data.get("shares_before"), names)
    text = _("shared the deal %s out") if now else _("gave the deal %s back to its owner alone")
    why = [now] if now else []
    why += [_("Was %s") % was] if was else []
    return Shown("arrows-split", names.actor(event), " ".join((text % title).split()), why)


def _shares(users: Any, shares: Any, names: Names) -> str:
    return ", ".join(
        f"{names.user(user)} {share} %"
        for user, share in zip(users or [], shares or [], strict=False)
    )
