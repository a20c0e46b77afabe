"""What the doors of landing pages are shown: one published page, with a form on it."""

from capture.models import Registration
from capture.services import invitations, pages
from leadflow.assets.models import ShortLink
from leadflow.kit.clock import now
from tests.factories.capture import published_page
from tests.factories.core import a_lead
from tests.factories.occasions import an_occasion


def prepare(world):
    world.made["page"] = published_page()
    prepare_event(world)
    world.made["link"] = ShortLink.objects.create(name="Poster", url="https://world.invalid/")


def prepare_event(world):
    world.made["event"] = an_occasion()
    world.made["guest"] = Registration.objects.create(
        occasion=world.made["event"],
        lead=a_lead(),
        state="registered",
        asked_at=now(),
        changed_at=now(),
    )


def event(world, whose):
    return {"pk": world.made["event"].pk}


def guest(world, whose):
    return {"token": invitations.token_of(world.made["guest"])}


_OF_EVENT = ("occasion", "occasion-edit", "occasion-cancel", "occasion-copy", "occasion-mark", "occasion-give-back")  # fmt: skip


def page(world, whose):
    return {"pk": world.made["page"].pk}


def version(world, whose):
    return {"pk": world.made["page"].pk, "number": world.made["page"].live.number}


_OF_PAGE = ("page", "page-draft", "page-preview", "page-publish", "page-settings", "page-share", "page-qr",
            "page-archive", "page-reopen", "page-copy", "page-test", "page-numbers", "page-numbers-export",
            "page-openings", "page-test-new")  # fmt: skip


def link(world, whose):
    return {"pk": world.made["link"].pk}


EXAMPLES = {
    **{f"capture:{name}": event for name in _OF_EVENT},
    **{f"capture:{name}": guest for name in ("registration", "registration-calendar")},
    **{f"capture:{name}": link for name in ("links-edit", "links-archive", "link-qr")},
    "capture:link": lambda world, whose: {"code": world.made["link"].code},
    **{f"capture:{name}": page for name in _OF_PAGE},
    **{f"capture:{name}": version for name in ("page-version", "page-rollback")},
    "capture:landing": lambda world, whose: {"slug": world.made["page"].slug},
    "capture:landing-seen": lambda world, whose: {"code": world.made["page"].public_id},
    "capture:colour-css": lambda world, whose: {"colour": "2352d0"},
    "capture:page-preview-link": lambda world, whose: {
        "token": pages.preview_token(world.made["page"])
    },
}
PAYLOADS = {"capture:page-create": lambda world, whose: {"name": "New", "start": "blank"}}
