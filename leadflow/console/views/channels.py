"""The table of channels and the rules that fill it: edited, tried, replayed, published."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from leadflow.console.page import saved
from leadflow.errors import Invalid
from leadflow.kit import channels as rules_of
from leadflow.models import Channel, Direction
from leadflow.services import channels
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

HERE = "console:channels"
_ACTS = ("up", "down", "remove")


@access("source.edit")
def channel_rules(request: HtmxHttpRequest) -> HttpResponse:
    """One form: each button keeps what was typed, then does what it says."""
    document, draft = channels.edited()
    trial: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "save")
        try:
            document = _told(request.POST, act)
            if act != "try":
                channels.save(document=document, by=request.user)
                if act == "publish":
                    version = channels.publish(by=request.user)
                    told = _("Version %(n)d decides from the next visit on.") % {
                        "n": version.number
                    }
                    return saved(request, reverse(HERE), told)
                return saved(request, f"{reverse(HERE)}#rules", _("Draft kept."))
        except Invalid as refusal:
            messages.error(request, refusal.message)
            status = 422
        trial = _tried(request.POST, document)
    replayed = channels.replay(document["rules"])
    counts = {key: (was, would) for key, was, would in replayed.rows}
    context = {
        "rules": document["rules"],
        "channels": Channel.choices,
        "ways": Direction.choices,
        "draft": draft,
        "replay": replayed,
        "table": [
            (key, label, document["directions"].get(key), *counts.get(key, (0, 0)))
            for key, label in Channel.choices
        ],
        "trial": trial,
    }
    return render(request, "console/channels.html", context, status=status)


def _told(post: Mapping[str, Any], act: str) -> dict[str, Any]:
    """The document that was posted, with what the button does to it. Words stand apart by comma or space."""
    count = int(post.get("count", "0")) if str(post.get("count", "")).isdigit() else 0
    rows = [_row(post, number) for number in range(min(count, rules_of.MOST_RULES))]
    verb, _dash, place = act.partition("-")
    if verb in _ACTS and place.isdigit() and int(place) < len(rows):
        _move(rows, verb, int(place))
    if act == "add":
        rows.append(
            {
                "channel": Channel.OTHER.value,
                "medium": [],
                "source": [],
                "click_id": [],
                "site": ["example.com"],
            }
        )
    directions = {key: post.get(f"direction-{key}", Direction.INBOUND) for key in Channel.values}
    return {"rules": rows, "directions": directions}


def _row(post: Mapping[str, Any], number: int) -> dict[str, Any]:
    words = {
        name: str(post.get(f"{name}-{number}", "")).lower().replace(",", " ").split()
        for name in rules_of.COLUMNS
    }
    return {"channel": post.get(f"channel-{number}", "")} | words


def _move(rows: list[dict[str, Any]], verb: str, place: int) -> None:
    row = rows.pop(place)
    if verb == "up":
        rows.insert(max(place - 1, 0), row)
    elif verb == "down":
        rows.insert(place + 1, row)


def _tried(post: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """What the rules say of the address and the page before that somebody typed in."""
    landing, referrer = str(post.get("landing", ""))[:2000], str(post.get("referrer", ""))[:2000]
    told = rules_of.came(utm={}, referrer=referrer, landing=landing, own=channels.own_hosts())
    found = rules_of.decide(document["rules"], told) if told.says_something else None
    return {
        "landing": landing,
        "referrer": referrer,
        "words": told.words,
        "site": told.site,
        "channel": dict(Channel.choices)[found[0]] if found else "",
        "number": found[1] if found else 0,
    }
