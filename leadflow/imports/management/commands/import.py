"""Bring files in."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from leadflow.errors import Invalid, LeadflowError
from leadflow.imports import maps, services
from leadflow.imports.models import Import
from leadflow.imports.registry import targets_for

STATES = ("created", "updated", "unchanged", "skipped", "failed")


class Command(BaseCommand):
    """Import CSV files; exit code 0 all taken, 1 some lines rejected, 2 a file not taken at all."""

    requires_system_checks: list[str] = []  # they load every page, which an import never shows

    help = (
        "Import CSV files as leads, companies, users, products or deals. Exit code: 0 every line was "
        "taken, 1 some lines were rejected, 2 a file was not taken. Examples: "
        "leadflow import company accounts.csv; leadflow import lead a.csv b.csv --map leads.yaml; "
        "leadflow import deal deals.csv --dry-run --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("entity", choices=[target.key for target in targets_for(None)])
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--map", metavar="FILE.yaml", help="what the columns and words mean")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen, do nothing"
        )
        parser.add_argument("--rejected", metavar="FILE.csv", help="write the rejected lines there")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            parts = maps.read(Path(options["map"])) if options["map"] else None
            reports = [self._one(options, Path(name), parts) for name in options["files"]]
        except (LeadflowError, OSError) as error:
            said = error.message if isinstance(error, LeadflowError) else str(error)
            self.stderr.write(f"leadflow import: {said}")
            sys.exit(2)
        if options["json"]:
            self.stdout.write(json.dumps(reports, indent=2))
        else:
            for report in reports:
                self._say(report)
        if any(report["failed"] for report in reports):
            sys.exit(1)

    def _one(self, options: dict[str, Any], path: Path, parts: Any) -> dict[str, Any]:
        if not path.is_file():
            raise Invalid(f"There is no file {path}.")
        with path.open("rb") as file:
            imported = services.upload(entity=options["entity"], name=path.name, file=file, by=None)
        try:
            if parts:
                imported = maps.follow(imported, parts)
            if options["dry_run"]:
                return self._dry(imported)
            return self._real(imported, options["rejected"])
        finally:
            if options["dry_run"] or imported.state == Import.State.DRAFT:
                services.discard(imported)

    def _dry(self, imported: Import) -> dict[str, Any]:
        trial = services.trial(imported, most=None)
        report = self._report(imported, dict(trial.counts), trial.lines)
        report["rejected"] = [
            {"line": line.number, "reason": outcome.reason} for line, outcome in trial.rejected
        ]
        return report

    def _real(self, imported: Import, rejected: str | None) -> dict[str, Any]:
        earlier = services.same_file(imported)
        done = services.work_here(imported)
        counts = {state: getattr(done, state) for state in STATES}
        report = self._report(done, counts, done.lines or 0)
        report["import"] = done.pk
        if earlier:
            report["same_file_as"] = earlier.pk
        report["rejected"] = services.first_rejected(done)
        if rejected:
            with Path(rejected).open("w", encoding="utf-8", newline="") as out:
                out.writelines(services.rejected_file(done))
        return report

    def _report(self, imported: Import, counts: dict[str, int], lines: int) -> dict[str, Any]:
        full = {state: counts.get(state, 0) for state in STATES}
        return {"file": imported.file_name, "entity": imported.entity, "lines": lines, **full}

    def _say(self, report: dict[str, Any]) -> None:
        counts = ", ".join(f"{report[state]:,} {state}" for state in STATES if report[state])
        self.stdout.write(f"{report['file']}: {report['lines']:,} lines: {counts or 'nothing'}")
        if "same_file_as" in report:
            self.stdout.write("  The very same file was imported before.")
        for one in report["rejected"][:20]:
            self.stdout.write(f"  line {one['line']}: {one['reason']}")
