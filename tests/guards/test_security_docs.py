"""The table of rights in the documentation is the one that the code works by, each in words; the table
of attacks names tests that there are."""

import re

from leadflow.console.roles import GROUPS, WORDS, markdown
from leadflow.people.access import PERMISSIONS
from tests.guards.sources import ROOT


def test_the_documented_roles_are_current():
    document = (ROOT / "docs/security-model.md").read_text()

    written = document.split("<!-- roles -->\n")[1].split("<!-- end of roles -->")[0]

    assert written == markdown(), "paste leadflow.console.roles.markdown() between the marks"


def test_every_permission_is_said_in_words_and_stands_in_a_group():
    nouns = {noun for _label, group in GROUPS for noun in group}

    assert set(WORDS) == set(PERMISSIONS)
    assert {permission.split(".")[0] for permission in PERMISSIONS} == nouns


CASES = re.findall(
    r"^\| ([A-Z]\d\d) \| (.+) \| (.+) \|$", (ROOT / "docs/security-model.md").read_text(), re.M
)


def attacks_tried():
    """`file::name` -> the IDs that the name carries."""
    found = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in re.findall(r"^def (test_abuse_\w+)", file.read_text(), re.M):
            ids = re.match(r"test_abuse((?:_[A-Z]\d\d)+)_", name)
            found[f"{file.relative_to(ROOT / 'tests')}::{name}"] = (
                ids[1].split("_")[1:] if ids else []
            )
    return found


def test_every_attack_stands_in_the_table_once():
    ids = [case for case, _what, _tests in CASES]

    assert len(ids) == len(set(ids)) >= 60


def test_every_test_that_the_table_names_exists_and_carries_its_id():
    known = attacks_tried()
    wrong = [
        (case, name)
        for case, _what, cell in CASES
        for name in re.findall(r"`([^`]+)`", cell)
        if case not in known.get(name, [])
    ]

    assert not wrong


def test_every_test_of_an_attack_carries_ids_of_the_table():
    table = {case for case, _what, _tests in CASES}
    wrong = [name for name, ids in attacks_tried().items() if not ids or set(ids) - table]

    assert not wrong, "add a row to docs/security-model.md, or give the test its case's ID"


def test_a_case_names_a_test_or_says_why_there_is_none_yet():
    tried = {case for ids in attacks_tried().values() for case in ids}
    unsaid = [
        case
        for case, _what, cell in CASES
        if "`" not in cell and (not cell.startswith("not yet: ") or case in tried)
    ]

    assert not unsaid, "name the tests that there are in docs/security-model.md"


def test_every_test_that_proves_the_promise_about_mail_exists():
    proof = (ROOT / "docs/mail.md").read_text().split("### What proves it")[1].split("## States")[0]
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", proof)

    assert len(named) >= 40
    files = {file: (ROOT / "tests" / file).read_text() for file, _name in named}
    assert [name for file, name in named if f"def {name}(" not in files[file]] == []
