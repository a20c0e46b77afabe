"""Designs of mails with only the fields that matter to a test."""

import itertools

from leadflow.blocks import documents
from leadflow.mail.design import services
from leadflow.mail.design.starts.parts import block
from tests.factories.core import NOON

_numbers = itertools.count(1)


def a_document(*rows, **settings):
    """A document of these blocks; a text by default."""
    content = documents.empty(**({"subject": "Hello from a design"} | settings))
    content["pages"][0]["blocks"] = list(rows) or [block("text", text="Good day.")]
    return content


def a_design(*rows, publish=True, **settings):
    """A design of these blocks, published unless told."""
    design = services.create(
        name=f"Design {next(_numbers)}", by=None, content=a_document(*rows, **settings), at=NOON
    )
    if publish:
        services.publish(design=design, by=None, at=NOON)
        design.refresh_from_db()
    return design
