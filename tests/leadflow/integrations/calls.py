"""Calls as other programs make them."""

import hashlib
import hmac
import json
from base64 import b64encode

from leadflow.integrations import hooks, signing
from leadflow.kit import clock

SECRET = "a-secret-of-the-sender"


def a_hook(makes="lead", scheme="hmac", document=None, **values):
    """A hook that signs by HMAC in X-Signature, with a mapping where one is given."""
    given = {"name": "Fair app", "header": "X-Signature", "prefix": "sha256="} | values
    hook, _shown = hooks.create(by=None, makes=makes, scheme=scheme, secret=SECRET, **given)
    if document:
        hooks.save_map(hook=hook, document=document, by=None)
    return hook


def mapping(each="", **fields):
    """A mapping document; `__` in a name stands for a dot."""
    rules = {key.replace("__", "."): {"from": path} for key, path in fields.items()}
    return {"each": each, "fields": rules}


def send(client, hook, body, *, secret=SECRET, sign=True, **headers):
    """Post a body, signed in hexadecimal."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    mac = hmac.digest(secret.encode(), raw, hashlib.sha256).hex()
    if sign:
        headers = {"X-Signature": f"sha256={mac}"} | headers
    return client.post(
        f"/in/{hook.code}/", raw, content_type=headers.pop("type", "application/json"),
        headers=headers,
    )  # fmt: skip


def as_call(body, at=None, **headers):
    """A call as the verification sees it."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return signing.Call(body, names, at or clock.now())


def b64(raw):
    return b64encode(raw).decode()
