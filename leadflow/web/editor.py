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
from leadflow.web import rules


def start(
    request: HttpRequest,
    document: Document,
    *,
    draft_url: str,
    preview_url: str,
    can_edit: bool,
    images_url: str = "",
) -> dict[str, Any]:
    """All that the component needs, for `json_script`. `images_url` lists pictures and takes them in."""
    block_set = document.blocks()
    return {
        "set": block_set.as_json(),
        "content": documents.normalised(document.draft, block_set),
        "revision": document.draft_revision,
        "saved_at": document.draft_saved_at.isoformat() if document.draft_saved_at else "",
        "problems": problems(document),
        "urls": {
            "draft": draft_url,
            "preview": preview_url,
            "images": images_url,
            "icons": static("img/icons.svg"),
        },
        "csrf": get_token(request),
        "can_edit": can_edit,
        "rules": rules.language_json(),
        "words": words() | {key: str(value) for key, value in block_set.words.items()},
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
        theirs = type(document)._default_manager.get(pk=document.pk)
        there = {"content": documents.normalised(theirs.draft, theirs.blocks())}
        return JsonResponse({"message": stale.message, **stale.context, **there}, status=409)
    except Invalid as refusal:
        return JsonResponse({"message": refusal.message, **refusal.context}, status=422)
    return JsonResponse(
        {
            "revision": saved.draft_revision,
            "saved_at": saved.draft_saved_at.isoformat() if saved.draft_saved_at else "",
            "problems": problems(saved),
        }
    )


def revision_of(request: HttpRequest) -> int | None:
    """The draft that the person saw when she pressed Publish; None where the page did not say."""
    told = request.POST.get("revision", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def problems(document: Document) -> list[dict[str, str]]:
    """What is missing before it can be published."""
    found = documents.publish_problems(document.draft, document.blocks())
    return [one.as_json() for one in found]


def words() -> dict[str, str]:
    """The component's own sentences, in the reader's language."""
    return {
        "a_day": _("A day"),
        "a_file": _("A file"),
        "add": _("Add {block}"),
        "add_answer": _("Add an answer"),
        "add_row": _("Add one"),
        "add_rule": _("Add rule"),
        "added": _("{block} added at place {n}."),
        "after_page": _("Page {n}"),
        "and": _("and"),
        "block_of": _("Block {n} of {all}"),
        "choose_answer": _("Choose an answer"),
        "close": _("Close"),
        "conflict_mine": _("Keep mine"),
        "conflict_note": _(
            "Your last changes are not saved. Take theirs (Undo brings yours back), or keep yours and overwrite."
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
        "image_choose": _("Choose a picture"),
        "image_large": _("That file is larger than 10 MB. Shrink it first."),
        "image_other": _("Choose another"),
        "image_upload": _("Upload one: PNG, JPEG, GIF or WebP, at most 10 MB"),
        "label_answer": _("Answer {n}"),
        "logic_always": _("Always."),
        "logic_never": _("Never."),
        "logic_nothing": _("Rules ask about questions above this block. There are none yet."),
        "mark_bold": _("Bold"),
        "mark_italic": _("Italics"),
        "mark_link": _("Link"),
        "mark_list": _("List"),
        "marks": _("Marks"),
        "merge_field": _("Insert a field"),
        "moved": _("{block} moved to place {n} of {all}."),
        "new_page": _("New page"),
        "new_page_about": _("A page break: visitors see one page at a time."),
        "no": _("No"),
        "not": _("not"),
        "or": _("or"),
        "no_block": _("No block is called that."),
        "none_selected": _("Select a block to change it. These settings are the whole form's."),
        "not_saved": _("Not saved. Trying again."),
        "page": _("Page"),
        "page_n": _("Page {n}"),
        "page_title": _("Title of the page"),
        "page_title_help": _("Shown above its questions. May stay empty."),
        "page_of": _("Page {n} of {all}"),
        "page_settings": _("Form"),
        "points_of": _("Points of answer {n}"),
        "preview": _("Preview of the draft"),
        "remove": _("Remove"),
        "row_of": _("{n} of {all}"),
        "saved": _("Draft saved {time}"),
        "saving": _("Saving"),
        "ending": _("Ending"),
        "ending_none": _("The words of After submit"),
        "ending_more": _("{n} more by rule"),
        "goes_on": _("Goes to {page} when"),
        "required_when": _("Required when"),
        "select_page": _("Change page {n}"),
        "set_to": _("Set to {value} when"),
        "shown_when": _("Shown when"),
        "the_end": _("The end of the form"),
        "unfinished": _("Not finished"),
        "up": _("Move up"),
        "yes": _("Yes"),
    }
