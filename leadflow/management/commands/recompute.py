"""Compares what is kept for speed with the facts it was made of, and sets it right."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadflow.recompute import projections
from leadflow.recompute.projections import Difference


class Command(BaseCommand):
    """`leadflow recompute [--check]`: running sums, scores, next steps, stages and board totals."""

    help = __doc__

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        kwargs["epilog"] = (
            "examples:\n  leadflow recompute --check\n  leadflow recompute\n"
            "  leadflow recompute --check --json"
        )
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only say what differs; exit 1 where anything does"
        )
        parser.add_argument("--json", action="store_true", help="print the differences as JSON")

    def handle(self, *_args: Any, check: bool, json: bool, **_options: Any) -> None:
        found = projections.find()
        if found and not check:
            projections.repair(found)
        self._say(found, repaired=not check, as_json=json)
        if found and check:
            raise SystemExit(1)

    def _say(self, found: list[Difference], *, repaired: bool, as_json: bool) -> None:
        if as_json:
            rows = [
                {"what": d.projection, "subject": d.subject, "kept": str(d.kept), "facts": str(d.facts)}
                for d in found
            ]  # fmt: skip
            self.stdout.write(json.dumps({"differences": rows, "repaired": repaired}))
            return
        for one in found:
            self.stdout.write(str(one))
        if not found:
            self.stdout.write(_("Everything equals the facts."))
            return
        words = (
            ngettext("%(n)d difference was set right.", "%(n)d differences were set right.", len(found))
            if repaired
            else ngettext("%(n)d difference. Set it right: leadflow recompute",
                          "%(n)d differences. Set them right: leadflow recompute", len(found))
        )  # fmt: skip
        self.stdout.write(words % {"n": len(found)})
