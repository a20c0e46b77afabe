"""The browser's evaluator agrees with the shared vectors: by node where it is, for the quick loop.

`tests/e2e/test_conditions.py` asks Chromium, always.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.leadflow.conditions.world import VECTORS, vectors

MODULE = Path(__file__).resolve().parents[3] / "static/js/conditions.js"

# compare(matches, vectors): how many records were asked, and those with the wrong answer
COMPARE = """
function compare(matches, data) {
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
  return { ran, wrong };
}
"""
RUN = f"""
const {{ matches }} = await import(process.argv[1]);
const {{ readFileSync }} = await import("node:fs");
{COMPARE}
console.log(JSON.stringify(compare(matches, JSON.parse(readFileSync(process.argv[2])))));
"""
EVERY_VECTOR = {
    "ran": sum(len(case["yes"]) + len(case["no"]) for case in vectors()["cases"]),
    "wrong": [],
}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; Chromium compares")
def test_the_browser_agrees_with_the_shared_vectors():
    done = subprocess.run(
        ["node", "--input-type=module", "-e", RUN, "--", MODULE.as_uri(), str(VECTORS)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert json.loads(done.stdout) == EVERY_VECTOR
