"""Take the pictures of the product: each page at two sizes, light and dark.

    DATABASE_URL=… python scripts/screenshots.py OUT [--url http://127.0.0.1:8000] [--as maya@brightwell.example]
        [--only NAME …] [--light] [NAME=/path/ …]

The server must run (`make run`, best with demo data). Whoever `--as` names is signed in through the
session table, so the script needs the same database and SECRET_KEY as the server; no password is typed.
Without pages of your own it takes PAGES, and of the records the first one. `--readme` takes the five pictures
of the README instead: python scripts/screenshots.py docs/pictures --readme; `--guides` those of the guides,
small and in few colours: python scripts/screenshots.py docs/pictures/guides --guides
"""

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
GUIDE_SIZE = (1200, 750)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
# name -> url name, or a path
PAGES = {
    "my-day": "desk:my-day",
    "leads": "desk:leads",
    "lead": "desk:lead",
    "deals": "pipeline:board",
    "forms": "capture:forms",
    "sequences": "nurturing:sequences",
    "scoring": "qualification:scoring",
    "dashboard": "insights:dashboard",
    "settings": "console:settings",
    "gallery": "web:gallery",
}
README = {
    "my-day": "desk:my-day",
    "lead": "desk:lead",
    "board": "pipeline:board",
    "dashboard": "insights:dashboard",
    "form-builder": "capture:form",
}
# guide -> the page that it is about
GUIDES = {
    "forms": "capture:form",
    "pages": "capture:page",
    "tracking": "capture:visitors",
    "import": "imports:list",
    "inbound": "console:hooks",
    "inbound-mail": "mail:received",
    "your-mailbox": "console:own-mailbox",
    "replies": "mail:received-mail",
    "bookings": "desk:bookings",
    "events": "capture:occasion",
    "ab-tests": "capture:page-test",
    "todos": "desk:todos",
    "embeds": "capture:share",
    "links": "capture:links",
    "campaigns": "insights:campaigns",
    "content": "insights:content-item",
    "offers": "insights:offer",
    "broadcasts": "nurturing:broadcast",
    "automation": "nurturing:automation",
    "recipes": "nurturing:recipes",
    "mail-design": "nurturing:design",
    "mail-templates": "nurturing:design-gallery",
    "mail-read": "nurturing:design-read",
    "missed": "insights:missed",
    "targets": "desk:company-targets",
    "api": "console:api-keys",
    "calculator": "capture:form",
    "calculator-report": "capture:report",
    "calculator-page": "capture:promise",
    "calculator-after": "capture:after",
    "files": "capture:files",
    "file": "capture:file",
    "page-numbers": "capture:page-numbers",
}
# Pictures of the one form that has a report.
OF_A_MAGNET = {"calculator", "calculator-report", "calculator-page", "calculator-after"}
GUIDE_COLOURS = 64  # of a palette: a picture of a screen stays clear and weighs a third
# Whose day the README shows: the rep with the most planned; the other pages are an admin's.
BUSIEST = "the busiest rep"
OF_A_REP = {"my-day"}


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("pages", nargs="*", help="NAME=/path/ instead of the usual pages")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--as", dest="email", default="")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--light", action="store_true", help="leave dark out")
    parser.add_argument("--readme", action="store_true", help="the README's, light, on a desktop")
    parser.add_argument("--guides", action="store_true", help="the guides', light, on a desktop")
    return parser.parse_intermixed_args()


def signed_in(email: str) -> tuple[str, str]:
    """A fresh session of the person: the cookie's name and value."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from leadflow.people.models import User

    people = User.objects.active()
    if email == BUSIEST:
        user = max(people.filter(role="rep"), key=day_of)
    else:
        user = people.get(email=email) if email else people.filter(role="admin").earliest("pk")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return settings.SESSION_COOKIE_NAME, session.session_key


def day_of(person: Any) -> int:
    """How much waits for this person today."""
    from leadflow.desk import queue

    return len(queue.build(person).rows)


def wanted(arguments: argparse.Namespace) -> dict[str, str]:
    """Name -> path; screens that are not built are left out with a word."""
    if arguments.pages:
        return dict(page.split("=", 1) for page in arguments.pages)
    from django.urls import NoReverseMatch, reverse

    found = {}
    usual = GUIDES if arguments.guides else README if arguments.readme else PAGES
    for name, target in usual.items():
        if arguments.only and name not in arguments.only:
            continue
        try:
            args = record_of_magnet(target) if name in OF_A_MAGNET else record_of(target)
            found[name] = reverse(target, args=args)
        except NoReverseMatch:
            print(f"{name}: not built, left out")
    return found


def record_of(target: str) -> list[int]:
    """The record that a page shows: the busiest lead at work, the form with the most rules; else none."""
    from capture.models import Form, LandingPage, Occasion
    from leadflow.assets.models import ContentItem, File
    from leadflow.mail.models import InboundMail, MailDesign
    from leadflow.models import Lead
    from leadflow.offers.models import Offer
    from nurturing.models import Automation, Broadcast

    if target == "desk:lead":
        leads = Lead.objects.filter(stage__in=["sal", "sql"]).order_by("-score__engagement", "pk")
        return [(leads.first() or Lead.objects.earliest("pk")).pk]
    if target in {"capture:form", "capture:share"}:
        return [max(Form.objects.all(), key=lambda form: len(str(form.draft))).pk]
    kinds: dict[str, Any] = {
        "capture:page": LandingPage, "capture:page-test": LandingPage, "capture:page-numbers": LandingPage, "capture:occasion": Occasion,
        "insights:content-item": ContentItem, "nurturing:broadcast": Broadcast,
        "nurturing:automation": Automation,
        "nurturing:design": MailDesign, "nurturing:design-read": MailDesign,
    }  # fmt: skip
    if target == "capture:file":
        return [File.objects.latest("downloads").pk]
    if target == "mail:received-mail":
        return [InboundMail.objects.exclude(meaning="").earliest("pk").pk]
    if target == "insights:offer":
        return [Offer.objects.latest("given").pk]
    return [kinds[target].objects.earliest("pk").pk] if target in kinds else []


def record_of_magnet(target: str) -> list[Any]:
    """The form with a report that most people got; of the report itself, the link of the newest."""
    from django.db.models import Count

    from capture.models import Promise, Report
    from capture.services import promises

    if target == "capture:promise":
        newest = Promise.objects.exclude(report=None).latest("made_at")
        return [promises.token_of(newest, days=30)]
    sent = Report.objects.exclude(live=None).annotate(sent=Count("form__submissions"))
    return [sent.latest("sent").form_id]


def shoot(browser: Any, arguments: argparse.Namespace, pages: dict[str, str], cookie: Any) -> None:
    """One file per page, size and theme."""
    is_one = arguments.readme or arguments.guides
    themes = ["light"] if arguments.light or is_one else ["light", "dark"]
    sizes = ["desktop"] if is_one else [*SIZES]
    for theme in themes:
        for size in sizes:
            width, height = GUIDE_SIZE if arguments.guides else SIZES[size]
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=theme,
                device_scale_factor=2 if size == "phone" else 1,
                reduced_motion="reduce",
                locale="en-GB",
            )
            jar = {"name": cookie[0], "value": cookie[1], "url": arguments.url}
            context.add_cookies([jar])
            page = context.new_page()
            for name, path in pages.items():
                if arguments.readme and not arguments.email:
                    whose = signed_in(BUSIEST if name in OF_A_REP else "")
                    context.add_cookies([{**jar, "value": whose[1]}])
                page.goto(arguments.url + path, wait_until="networkidle")
                page.evaluate(f"document.documentElement.dataset.bsTheme = '{theme}'")
                file = f"{name}.png" if is_one else f"{name}-{size}-{theme}.png"
                page.screenshot(path=arguments.out / file)
                if arguments.guides:
                    made_small(arguments.out / file)
                print(file)
            context.close()


def shoot_scenes(browser: Any, arguments: argparse.Namespace) -> None:
    """One file per scene of the guides."""
    import scenes

    for name, scene in scenes.SCENES.items():
        if arguments.only and name not in arguments.only:
            continue
        context = browser.new_context(
            viewport=scenes.SIZE, color_scheme="light", reduced_motion="reduce", locale="en-GB"
        )

        def sign_in(email: str, context: Any = context) -> None:
            cookie = signed_in(email)
            context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": arguments.url}])

        page = context.new_page()
        scenes.take(page, scene, arguments.url, sign_in)
        page.screenshot(path=arguments.out / f"{name}.png")
        made_small(arguments.out / f"{name}.png")
        print(f"{name}.png")
        context.close()


def made_small(file: Path) -> None:
    """Few colours, kept exactly where a screen has few."""
    from PIL import Image

    with Image.open(file) as picture:
        few = picture.convert("RGB").quantize(GUIDE_COLOURS, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


def main() -> None:
    arguments = parsed()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")
    # Playwright's loop runs in this thread, and Django would refuse the database beside it
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    import django

    django.setup()
    from playwright.sync_api import sync_playwright

    cookie, pages = signed_in(arguments.email), wanted(arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        program = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        shoot(browser, arguments, pages, cookie)
        if arguments.guides and not arguments.pages:
            shoot_scenes(browser, arguments)
        browser.close()


if __name__ == "__main__":
    main()
