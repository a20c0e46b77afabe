"""`python -m benchmarks [--scale 10k,1m] [--only list,capture] [--rounds 5] [--db URL] [--json FILE] [--write]
[--check benchmarks/goals.toml]`

Each scale gets a database of its own, filled by set-based SQL; each workload runs its limit and the product
in turn, round after round. Only ratios within one run mean anything. Without --db a durable embedded
PostgreSQL is started and thrown away. --write puts the table into docs/benchmarks.md.
--check ends with 1 where a goal fails in the median of three attempts; one attempt is enough to pass.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from benchmarks import goals, report
from benchmarks.child import run
from leadflow.embedded import Server

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000, "1m": 1_000_000}
WORKLOADS = (
    "list",
    "lead",
    "board",
    "capture",
    "ingest",
    "reactions",
    "dashboard",
    "imports",
    "mails",
    "sending",
    "nurture",
    "reach",
    "tasks",
)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--scale", default="10k,1m")
    parser.add_argument("--only", default=",".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--db", default="", help="a server on which databases may be made")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", type=Path, help="goals that the run is held against")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = parsed()
    if options.child:
        print(json.dumps(run(SIZES[options.child], options.only.split(","), options.rounds)))
        return 0
    unknown = set(options.scale.split(",")) - set(SIZES)
    if unknown:
        sys.exit(f"Scales are {', '.join(SIZES)}; not {', '.join(sorted(unknown))}.")
    results = attempt(options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    if options.write:
        report.write(ROOT / "docs" / "benchmarks.md", results)
    return checked(options, results) if options.check else 0


def attempt(options: argparse.Namespace) -> dict[str, list[dict[str, object]]]:
    """One whole run, with its table on the screen."""
    with tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder:
        results = measured(options, Path(folder))
    print(report.table(results))
    return results


def checked(options: argparse.Namespace, first: dict[str, list[dict[str, object]]]) -> int:
    """0 where no goal fails. A failure counts when the median of three attempts fails too."""
    known, attempts = goals.read(options.check), [first]
    verdicts = goals.verdicts(known, attempts)
    while any(one.fails for one in verdicts) and len(attempts) < goals.ATTEMPTS:
        attempts.append(attempt(options))
        verdicts = goals.verdicts(known, attempts)
    print("\n".join(map(str, verdicts)))
    return int(not verdicts or any(one.fails for one in verdicts))


def measured(options: argparse.Namespace, folder: Path) -> dict[str, list[dict[str, object]]]:
    """Results by scale, each from a process of its own over a database of its own."""
    if options.db:
        return {s: one_scale(options, options.db, s, folder) for s in options.scale.split(",")}
    server = Server(folder / "postgres")
    url = server.start()
    try:
        return {s: one_scale(options, url, s, folder) for s in options.scale.split(",")}
    finally:
        server.release()


def one_scale(
    options: argparse.Namespace, server: str, scale: str, folder: Path
) -> list[dict[str, object]]:
    name = f"leadflow_bench_{scale}_{os.getpid()}"  # two runs on one server do not meet
    url = fresh_database(server, name)
    env = os.environ | {
        "DATABASE_URL": url,
        "SECRET_KEY": "only-for-benchmarks-0123456789-abcdefghijklmnopqrstuvwxyz",
        "VAR_DIR": str(folder / "var"),
        "FORM_POSTS_PER_MINUTE": "100000000",
        "BEACONS_PER_MINUTE": "100000000",
    }
    command = [sys.executable, "-m", "benchmarks", "--child", scale, "--only", options.only,
               "--rounds", str(options.rounds)]  # fmt: skip
    print(f"{scale}: filling and measuring …", file=sys.stderr)
    try:
        done = subprocess.run(
            command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
    finally:
        drop(server, name)
    found: list[dict[str, object]] = json.loads(done.stdout.splitlines()[-1])
    return found


def fresh_database(server: str, name: str) -> str:
    drop(server, name)
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f'CREATE DATABASE "{name}"')
    parts = urlsplit(server)
    return urlunsplit(parts._replace(path=f"/{name}"))


def drop(server: str, name: str) -> None:
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


sys.exit(main())
