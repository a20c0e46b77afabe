"""Say of each mail in a folder what it is, as received mail is judged: `leadflow judge-mail DIR`."""

import csv
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leadflow.mail import verdicts
from leadflow.mail.verdicts import Verdict


class Command(BaseCommand):
    help = (
        "Says of each mail in a folder what it is: bounce (hard, soft, block), complaint, automatic, "
        "reply, unsubscribe. Examples: leadflow judge_mail ~/Maildir; leadflow judge-mail old.mbox --json"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder of mails, or one mail or mbox file")
        parser.add_argument("--json", action="store_true", help="one JSON object for each mail")
        parser.add_argument(
            "--expect", type=Path, help="a CSV of file,label to compare with (soft|block: either)"
        )

    def handle(self, *, folder: Path, **options: Any) -> None:
        if not folder.exists():
            raise CommandError(f"There is no {folder}.")
        found = [verdicts.judge(raw, name) for name, raw in verdicts.in_folder(folder)]
        if options["json"]:
            for one in found:
                self.stdout.write(json.dumps(asdict(one), ensure_ascii=False))
        else:
            self._tell(found)
        if options["expect"]:
            self._compare(found, options["expect"])

    def _tell(self, found: list[Verdict]) -> None:
        for label, count in sorted(Counter(one.label for one in found).items()):
            self.stdout.write(f"{count:7} {label}")
        self.stdout.write(f"{len(found):7} in all")

    def _compare(self, found: list[Verdict], expect: Path) -> None:
        with expect.open(newline="", encoding="utf-8") as told:
            truth = {row[0]: row[1].strip() for row in csv.reader(told) if len(row) > 1}
        score = verdicts.score(found, truth)
        for one, label in score.wrong:
            self.stderr.write(f"{one.file}: {one.label}, not {label}: {one.words[:100]}")
        for label, count in sorted(score.all.items()):
            self.stderr.write(f"{label:12} {score.right.get(label, 0):5} of {count:5}")
        self.stderr.write(f"right: {score.share:.1%}; soft called hard: {score.soft_called_hard}")
