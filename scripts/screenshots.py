"""Take the pictures of the product: each page at two sizes, light and dark.

    DATABASE_URL=… python scripts/screenshots.py OUT [--url http://127.0.0.1:8000] [--as maya@brightwell.example]
        [--only NAME …] [--light] [NAME=/path/ …]

The server must run (`make run`, best with demo data). Whoever `--as` names is signed in through the
session table, so the script needs the same database and SECRET_KEY as the server; no password is typed.
Without pages of your own it takes PAGES, and of the records the first one. `--readme` takes the five pictures
of the README instead: python scripts/screenshots.py docs/pictures --readme
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
    from leadflow.desk import selectors

    return sum(len(rows) for rows in selectors.my_day(person).values())


def wanted(arguments: argparse.Namespace) -> dict[str, str]:
    """Name -> path; screens that are not built are left out with a word."""
    if arguments.pages:
        return dict(page.split("=", 1) for page in arguments.pages)
    from django.urls import NoReverseMatch, reverse

    found = {}
    for name, target in (README if arguments.readme else PAGES).items():
        if arguments.only and name not in arguments.only:
            continue
        try:
            found[name] = reverse(target, args=record_of(name))
        except NoReverseMatch:
            print(f"{name}: not built, left out")
    return found


def record_of(name: str) -> list[int]:
    """The record that a page shows: the busiest lead at work, the newest form; else none."""
    from capture.models import Form
    from leadflow.models import Lead

    if name == "lead":
        leads = Lead.objects.filter(stage__in=["sal", "sql"]).order_by("-score__engagement", "pk")
        return [(leads.first() or Lead.objects.earliest("pk")).pk]
    return [Form.objects.latest("pk").pk] if name == "form-builder" else []


def shoot(browser: Any, arguments: argparse.Namespace, pages: dict[str, str], cookie: Any) -> None:
    """One file per page, size and theme."""
    themes = ["light"] if arguments.light or arguments.readme else ["light", "dark"]
    sizes = ["desktop"] if arguments.readme else [*SIZES]
    for theme in themes:
        for size in sizes:
            width, height = SIZES[size]
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
                file = f"{name}.png" if arguments.readme else f"{name}-{size}-{theme}.png"
                page.screenshot(path=arguments.out / file)
                print(file)
            context.close()


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
        browser.close()


if __name__ == "__main__":
    main()
