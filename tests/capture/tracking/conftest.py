"""A site that is followed, and what its visitors' browsers send."""

import itertools
import json

import pytest
from django.test import Client

from capture.models import VisitorPolicy

SITE = "https://shop.example"
WHO = "a" * 32
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_numbers = itertools.count(1)


@pytest.fixture
def policy(db):
    """Visitors who agree are known again; the shop's site may report."""
    return VisitorPolicy.objects.create(pk=1, mode="id", sites=[SITE])


def act(kind="page.viewed", **more):
    """One act as the script writes it."""
    page = {"u": f"{SITE}/pricing/?email=ann@a.example", "t": "Prices", "c": "pricing"}
    return {"i": f"act-{next(_numbers):08}", "k": kind, "a": 0, **page} | more


def beacon(*acts, who=WHO, visit="visit-0001", **more):
    """What a browser sends in one go."""
    told = {"v": 1, "who": who, "visit": visit, "landing": f"{SITE}/", "ref": "", "utm": {}}
    return told | {"acts": list(acts) or [act()]} | more


def report(body, *, site=SITE, agent=FIREFOX, client=None, **headers):
    """Post it as sendBeacon does."""
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return (client or Client()).post(
        "/v/", text, content_type="text/plain;charset=UTF-8",
        headers={"Origin": site, "User-Agent": agent} | headers,
    )  # fmt: skip
