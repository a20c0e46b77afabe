"""What happens before Django reads its settings: a secret key, a database, an address.

Without DATABASE_URL the embedded PostgreSQL under VAR_DIR is started, or attached to where it runs
already; `Session.close` lets go of it at the end of the command.
"""

import argparse
import os
import secrets
from pathlib import Path
from types import TracebackType

from leadflow.embedded import EmbeddedError, Server

ROOT = Path(__file__).resolve().parent.parent
# Commands that never touch the database; they must work where none can run (an image build).
WITHOUT_DATABASE = {
    "", "help", "version", "collectstatic", "makemessages", "compilemessages", "judge_mail",
}  # fmt: skip
NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"


# The embedded server that this process holds, for `up`, which watches over it.
held: Server | None = None


class Session:
    """The environment of one command; a context manager."""

    def __init__(self, argv: list[str]) -> None:
        self.argv = argv
        self.server: Server | None = None

    def __enter__(self) -> "Session":
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")
        command = self.argv[1] if len(self.argv) > 1 else ""
        if command == "up":
            _choose_address(self.argv[2:])
        if command == "collectstatic":
            os.environ.setdefault("STATIC_HASHED", "1")
        if command.lstrip("-") in WITHOUT_DATABASE or {"-h", "--help"} & set(self.argv):
            os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
            os.environ.setdefault("DATABASE_URL", NOWHERE)
            return self
        var = var_folder()
        if not _given("SECRET_KEY"):
            os.environ["SECRET_KEY"] = secret_key(var)
        if not _given("DATABASE_URL"):
            os.environ.pop("DATABASE_URL", None)
            global held
            held = self.server = Server(var / "postgres")
            try:
                os.environ["DATABASE_URL"] = self.server.start()
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the embedded server; it stops when nobody else uses it."""
        if self.server is not None:
            self.server.release()


def var_folder() -> Path:
    """VAR_DIR, made where it is missing."""
    folder = Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedError(
            f"{folder} cannot be written ({error.strerror}): make it a folder that this user may "
            f"write, or set VAR_DIR to another one."
        ) from error
    return folder


def secret_key(var: Path) -> str:
    """The installation's own key, made once and readable by its user only."""
    file = var / "secret_key"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "w") as made:
            made.write(secrets.token_urlsafe(50))
    key = file.read_text().strip()
    if not key:
        raise EmbeddedError(
            f"{file} is empty: restore it from a copy, or remove it to have a new key made "
            f"(everybody then signs in again)."
        )
    return key


def _given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _choose_address(arguments: list[str]) -> None:
    """`up --port 9000` is the address that links in mails point to, unless one is set."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--port", default=os.environ.get("PORT", "8000"))
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    known, _rest = parser.parse_known_args(arguments)
    host = "127.0.0.1" if known.host in {"0.0.0.0", "::", "*", ""} else known.host  # noqa: S104
    host = f"[{host}]" if ":" in host else host
    os.environ.setdefault("PUBLIC_BASE_URL", f"http://{host}:{known.port}")
