from pathlib import Path

from django.conf import settings

from leadflow import checks
from leadflow.events import registry
from leadflow.events.describing import filled
from leadflow.events.kinds import Kind


def test_the_flow_document_is_current():
    document = (Path(settings.BASE_DIR) / "docs/flow.md").read_text()

    assert filled(document) == document, "run `leadflow document_flow`"


def test_every_kind_of_event_is_documented():
    document = (Path(settings.BASE_DIR) / "docs/flow.md").read_text()

    assert [kind for kind in Kind if f"`{kind}`" not in document] == []


def test_every_reaction_is_found_where_a_reader_looks():
    assert checks.reactions_are_known() == []


def test_every_handler_says_what_it_does():
    handlers = [h for some in registry.reactions().values() for h in some]

    assert [registry.name_of(h) for h in handlers if not h.__doc__] == []
