"""The browser's evaluator agrees with the shared vectors; run by node, or else by Chromium."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.leadflow.conditions.world import VECTORS, vectors

MODULE = Path(__file__).resolve().parents[3] / "static/js/conditions.js"

RUN = """
const { matches } = await import(process.argv[1]);
const { readFileSync } = await import("node:fs");
const data = JSON.parse(readFileSync(process.argv[2]));
const byKey = (list) => Object.fromEntries(list.map((one) => [one.key, one]));
const fields = byKey(data.fields);
const eventFields = Object.fromEntries(data.events.map((kind) => [kind.key, byKey(kind.fields)]));
const wrong = [];
let ran = 0;
for (const { rule, yes, no } of data.cases) {
  for (const [expected, records] of [[true, yes], [false, no]]) {
    for (const { events, ...record } of records) {
      ran += 1;
      const found = matches(rule, record, { fields, eventFields, events, at: data.at });
      if (found !== expected) wrong.push({ rule, record, events, expected });
    }
  }
}
console.log(JSON.stringify({ ran, wrong }));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_browser_agrees_with_the_shared_vectors():
    done = subprocess.run(
        ["node", "--input-type=module", "-e", RUN, "--", MODULE.as_uri(), str(VECTORS)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "ran": sum(len(case["yes"]) + len(case["no"]) for case in vectors()["cases"]),
        "wrong": [],
    }
