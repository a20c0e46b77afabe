"""Secrets that are needed again, such as a password of a mailbox: kept sealed with the secret key.

Whoever reads the database without the key of the installation reads nothing.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def close(key: str, purpose: str, secret: str) -> str:
    """The secret, sealed for this purpose only."""
    return _box(key, purpose).encrypt(secret.encode()).decode()


def read(key: str, purpose: str, sealed: str) -> str | None:
    """The secret again; None where it was sealed with another key, or changed since."""
    try:
        return _box(key, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _box(key: str, purpose: str) -> Fernet:
    info = b"leadflow.seal:" + purpose.encode()
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
