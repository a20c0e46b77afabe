#!/usr/bin/env python3
"""Make the secret files that docker-compose.yml reads; those that exist are left as they are.

The folder is closed to other users; the files in it are readable so that the containers' own users
may read the copies mounted into them.
"""

import secrets
import sys
from pathlib import Path

USER = DATABASE = "leadflow"


def main(folder: Path) -> None:
    """Make what is missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    make(folder / "secret_key", secrets.token_urlsafe(50))
    password = make(folder / "database_password", secrets.token_urlsafe(32))
    make(folder / "database_url", f"postgres://{USER}:{password}@db:5432/{DATABASE}")
    make(folder / "smtp_password", "")
    if not (folder / "backup_key").exists():
        make(folder / "backup_key", age_identity())


def make(file: Path, text: str) -> str:
    """Write `text` unless the file exists; returns what it holds."""
    if not file.exists():
        file.write_text(f"{text}\n")
        file.chmod(0o444)
        print(f"made {file}")
    return file.read_text().strip()


def age_identity() -> str:
    """A new age key: 32 random bytes in Bech32, as the age format has it."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    prefix = "age-secret-key-"
    bits = "".join(f"{byte:08b}" for byte in secrets.token_bytes(32))
    bits += "0" * (-len(bits) % 5)
    data = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = polymod([*expanded, *data, 0, 0, 0, 0, 0, 0]) ^ 1
    data += [(check >> 5 * (5 - at)) & 31 for at in range(6)]
    return f"{prefix}1{''.join(alphabet[part] for part in data)}".upper()


def polymod(values: list[int]) -> int:
    """Bech32's checksum (BIP 173)."""
    generators = [0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for at, generator in enumerate(generators):
            total ^= generator if (top >> at) & 1 else 0
    return total


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "secrets"))
