"""Files that trip readers of CSV, read as the people who collected them say."""

import io
import json
from pathlib import Path

import pytest

from leadflow.imports import reading

SPECTRUM = Path(__file__).parents[2] / "data" / "csv-spectrum"
NAMES = sorted(path.stem for path in (SPECTRUM / "csvs").glob("*.csv"))


def said_of(name):
    said = json.loads((SPECTRUM / "json" / f"{name}.json").read_text())
    if name == "location_coordinates":  # one record, whose telephone number they blacked out
        said = [said | {"Contact Phone Number": "2095257564"}]
    return said


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_as_its_json_says(name):
    raw = (SPECTRUM / "csvs" / f"{name}.csv").read_bytes()
    if name.endswith("_crlf"):  # version control keeps its line ends plain
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    file = io.BytesIO(raw)
    shape = reading.look(file)
    lines = list(reading.lines(file, shape.encoding, shape.delimiter, shape.heading))

    found = [dict(zip(shape.headers, line.cells, strict=True)) for line in lines]

    assert found == said_of(name)


def test_the_whole_collection_is_here():
    assert len(NAMES) == 12
