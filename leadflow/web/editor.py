"""The block editor's server side: what it needs to start, how it saves, what it shows.

A stage's view fetches the document (its own permission, its own 404) and hands it here; the same
component edits forms, pages and mails. static/js/blocks/editor.js is the other half.
"""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.utils.translation import gettext as _

from leadflow.blocks import documents, services
from leadflow.blocks.models import Document
from leadflow.errors import Invalid, StaleVersion
from leadflow.people.models import User


def start(
    request: HttpRequest, document: Document, *, draft_url: str, preview_url: str, can_edit: bool
) -> dict[str, Any]:
    """All that the component needs, for `json_script`."""
    block_set = document.blocks()
    return {
        "set": block_set.as_json(),
        "content": documents.normalised(document.draft, block_set),
        "revision": document.draft_revision,
        "saved_at": document.draft_saved_at.isoformat() if document.draft_saved_at else "",
        "problems": problems(document),
        "urls": {"draft": draft_url, "preview": preview_url, "icons": static("img/icons.svg")},
        "csrf": get_token(request),
        "can_edit": can_edit,
        "words": words(),
    }


def save(request: HttpRequest, document: Document, *, by: User) -> HttpResponse:
    """Keep the posted draft: {content, revision}. 409 tells who was faster, 422 what is wrong."""
    try:
        told = json.loads(request.body)
        content, revision = told["content"], int(told["revision"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({"message": _("This is not a draft.")}, status=400)
    try:
        saved = services.save_draft(document=document, content=content, revision=revision, by=by)
    except StaleVersion as stale:
        return JsonResponse({"message": stale.message, **stale.context}, status=409)
    except Invalid as refusal:
        return JsonResponse({"message": refusal.message, **refusal.context}, status=422)
    return JsonResponse(
        {
            "revision": saved.draft_revision,
            "saved_at": saved.draft_saved_at.isoformat() if saved.draft_saved_at else "",
            "problems": problems(saved),
        }
    )


def problems(document: Document) -> list[dict[str, str]]:
    """What is missing before it can be published."""
    found = documents.publish_problems(document.draft, document.blocks())
    return [one.as_json() for one in found]


def words() -> dict[str, str]:
    """The component's own sentences, in the reader's language."""
    return {
        "add": _("Add {block}"),
        "add_answer": _("Add an answer"),
        "add_condition": _("Add a condition"),
        "add_rule": _("Add rule"),
        "added": _("{block} added at place {n}."),
        "after_page": _("Page {n}"),
        "all": _("all"),
        "any": _("any"),
        "block_of": _("Block {n} of {all}"),
        "conflict_mine": _("Keep mine"),
        "conflict_note": _(
            "Your last changes are not saved. Take theirs, or keep yours and overwrite."
        ),
        "conflict_theirs": _("Take theirs"),
        "copied": _("{block} copied."),
        "copy": _("Copy"),
        "delete": _("Delete"),
        "deleted": _("{block} deleted. Undo with Ctrl Z."),
        "delete_page": _("Delete this page"),
        "down": _("Move down"),
        "drag": _("Drag {block}"),
        "drop_here": _("Drop here, or click a block to add it"),
        "empty_page": _("Nothing on this page yet. Click a block to add it, or drag it here."),
        "fix_one": _("1 thing to finish before you publish"),
        "fix_many": _("{n} things to finish before you publish"),
        "formula_functions": _("Functions"),
        "formula_names": _("Questions and results above"),
        "formula_nothing": _("Formulas use questions above this block. There are none yet."),
        "label_answer": _("Answer {n}"),
        "logic_none": _("Always shown."),
        "logic_nothing": _("Rules ask about questions above this block. There are none yet."),
        "match": _("Show when {mode} of these are true"),
        "moved": _("{block} moved to place {n} of {all}."),
        "new_page": _("New page"),
        "no": _("No"),
        "no_block": _("No block is called that."),
        "none_selected": _("Select a block to change it. These settings are the whole form's."),
        "not_saved": _("Not saved. Trying again."),
        "page": _("Page"),
        "page_of": _("Page {n} of {all}"),
        "page_settings": _("Form"),
        "points_of": _("Points of answer {n}"),
        "preview": _("Preview of the draft"),
        "remove": _("Remove"),
        "saved": _("Draft saved {time}"),
        "saving": _("Saving"),
        "shown_when": _("Shown when"),
        "unfinished": _("Not finished"),
        "up": _("Move up"),
        "yes": _("Yes"),
        "op_is": _("is"),
        "op_is_not": _("is not"),
        "op_contains": _("contains"),
        "op_not_contains": _("does not contain"),
        "op_at_least": _("is at least"),
        "op_at_most": _("is at most"),
        "op_more_than": _("is more than"),
        "op_less_than": _("is less than"),
        "op_has_any_of": _("includes"),
        "op_has_none_of": _("does not include"),
        "op_is_set": _("is answered"),
        "op_is_not_set": _("is not answered"),
    }
