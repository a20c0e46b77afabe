"""The table of rights in the documentation is the one that the code works by, each in words."""

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
