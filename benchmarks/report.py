"""The table of a run, and its place in docs/benchmarks.md."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"


def ratio(row: dict[str, Any]) -> float:
    """How near the product comes to its limit: 1 is as fast."""
    if row["unit"].endswith("/s"):
        return float(row["project"] / row["limit"])
    return float(row["limit"] / row["project"])


def table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Markdown; the growth column compares each scale with the one before it."""
    lines = [
        "| workload | leads | limit | product | unit | of the limit | growth | queries | MB |",
        "| --- | --: | --: | --: | --- | --: | --: | --: | --: |",
    ]
    before: dict[str, float] = {}
    for scale, rows in results.items():
        for row in rows:
            name, now = row["workload"], float(row["project"])
            slower = before[name] / now if row["unit"].endswith("/s") and name in before else None
            growth = slower or (now / before[name] if name in before else None)
            lines.append(
                f"| {name} | {scale} | {row['limit']} | {row['project']} | {row['unit']} | {ratio(row):.2f} | "
                f"{f'{growth:.2f}x' if growth else ''} | {row.get('queries', '')} | {row.get('memory', '')} |"
            )
            before[name] = now
    return "\n".join(lines)


def write(path: Path, results: dict[str, list[dict[str, Any]]]) -> None:
    """Replace the figures between the two marks."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    stamp = f"{datetime.now(UTC):%Y-%m-%d}, {machine}"
    text = path.read_text()
    head, _begin, rest = text.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n{stamp}\n\n{table(results)}\n{END}{tail}")
