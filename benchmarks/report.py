"""The table of a run, and its place in docs/benchmarks.md."""

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"


def ratio(row: dict[str, Any]) -> float:
    """How near the product comes to its limit: 1 is as fast."""
    if "ratio" in row:  # taken round by round
        return float(row["ratio"])
    if row["unit"].endswith("/s"):
        return float(row["project"] / row["limit"])
    return float(row["limit"] / row["project"])


def with_growth(results: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(scale, row); `growth` is how much slower a workload is than at the scale before."""
    before: dict[str, float] = {}
    for scale, rows in results.items():
        for row in rows:
            name, now = row["workload"], float(row["project"])
            grown = {}
            if name in before:
                slower = before[name] / now if row["unit"].endswith("/s") else now / before[name]
                grown = {"growth": round(slower, 3)}
            yield scale, row | grown
            before[name] = now


def table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Markdown; what only some workloads measure stands in the last column."""
    lines = [
        "| workload | leads | limit | product | unit | of the limit | growth | queries | MB | beside |",
        "| --- | --: | --: | --: | --- | --: | --: | --: | --: | --- |",
    ]
    for scale, row in with_growth(results):
        growth = f"{row['growth']:.2f}x" if "growth" in row else ""
        lines.append(
            f"| {row['workload']} | {scale} | {row['limit']} | {row['project']} | {row['unit']} | "
            f"{ratio(row):.2f} | {growth} | {row.get('queries', '')} | {row.get('memory', '')} | "
            f"{beside(row)} |"
        )
    return "\n".join(lines)


def beside(row: dict[str, Any]) -> str:
    """What a workload tells by itself; of a form post: against the ORM, how even, CPU of web and database."""
    if "naive" not in row:
        return str(row.get("beside", ""))
    cpu = ", ".join(f"{name} {web} + {db}" for name, (web, db) in row["cpu_ms"].items())
    return (
        f"{row['of_naive']:.2f}x the ORM ({row['naive']} posts/s); p50 {row['p50']} ms, p99 {row['p99']} ms; "
        f"CPU ms a post, web + database: {cpu}"
    )


def write(path: Path, results: dict[str, list[dict[str, Any]]]) -> None:
    """Replace the figures between the two marks."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    stamp = f"{datetime.now(UTC):%Y-%m-%d}, {machine}"
    text = path.read_text()
    head, _begin, rest = text.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n{stamp}\n\n{table(results)}\n{END}{tail}")
