"""Goal 7, the writing of it: a designed mail for one reader, beside a Django template that writes the same."""

import statistics
from typing import Any

from django.template import Context, Engine
from django.utils.html import escape

from benchmarks.timing import in_turn, p95, peak_megabytes
from leadflow.blocks import documents
from leadflow.mail.design.rendering import own_paths, source_of
from leadflow.mail.design.starts import STARTS
from leadflow.mail.merge import compile_template
from leadflow.mail.merge_fields import catalogue

REPEATS = 200
VALUES = {
    "lead.first_name": "Ann <Smith>",
    "owner.name": "Bea",
    "organisation.name": "Bench",
    "reader.stage": "awareness",
    "mail.preheader": "Half an hour, free",
}


def measure(rounds: int) -> list[dict[str, Any]]:
    """The HTML of one message, its programs made before; the limit escapes and joins the same pieces."""
    content = documents.empty(subject="x")
    content["pages"][0]["blocks"] = STARTS["consultation"].build("https://www.bench.example")
    source = source_of(content)
    ours = compile_template(source.html, [*catalogue(), *own_paths(source.asks)], is_ours=True)
    naive = Engine().from_string(_for_django(source.html))
    whole = ours.render(VALUES, "html")
    said = [line[1] for line in ours.program if line[0] == "text"]
    pieces = [piece for piece in said if piece in whole]  # those of the branch that is hers
    values = [value for value in VALUES.values() if escape(value) in whole]

    def limit() -> str:
        return "".join([*pieces, *(escape(value) for value in values)])

    def project() -> str:
        return ours.render(VALUES, "html")

    def django() -> str:
        return str(naive.render(Context(_nested(VALUES))))

    if project() != django():
        raise AssertionError("the two mails are not the same")
    times = in_turn(rounds, REPEATS, limit=limit, project=project, naive=django)
    middle = {way: statistics.median(found) for way, found in times.items()}
    of_naive = round(middle["naive"] / middle["project"], 2)
    return [
        {
            "workload": "designed mail",
            "unit": "ms, p95",
            "limit": round(p95(times["limit"]), 4),
            "project": round(p95(times["project"]), 4),
            "ratio": round(middle["limit"] / middle["project"], 2),
            "of_naive": of_naive,
            "memory": round(peak_megabytes()),
            "beside": f"{of_naive}x as fast as a Django template ({1000 * middle['naive']:.0f} µs)",
        }
    ]


def _for_django(html: str) -> str:
    """The same tags as Django writes them."""
    return html.replace("| default: ", "|default:").replace("elsif", "elif")


def _nested(values: dict[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, value in values.items():
        first, _dot, last = path.partition(".")
        found.setdefault(first, {})[last] = value
    return found
