"""Secrets that have to be read again, kept so that a copy of the database alone tells nothing."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


def seal(key: str, purpose: str, secret: str) -> str:
    """The secret as it is stored; another key or purpose does not open it."""
    return _box(key, purpose).encrypt(secret.encode()).decode()


def unseal(key: str, purpose: str, sealed: str) -> str | None:
    """The secret, or None where it was sealed with another key or changed since."""
    try:
        return _box(key, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _box(key: str, purpose: str) -> Fernet:
    derived = hmac.digest(key.encode(), b"leadflow.sealing:" + purpose.encode(), hashlib.sha256)
    return Fernet(base64.urlsafe_b64encode(derived))
