"""Openings of a form's page: seen, begun, and where somebody stopped. Nobody is named in them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from capture.models import Form, FormView, LandingPage, PageView, Submission
from leadflow.kit import agents, touches
from leadflow.models import Origin

KEEP = timedelta(days=400)
MAX_NAMES = 200
_KEY = re.compile(r"^[A-Za-z0-9_-]{8,64}$")
_ADD = """
WITH was AS (
  SELECT started_at FROM capture_formview WHERE form_id = %(form)s AND key = %(key)s
), opening AS (
  INSERT INTO capture_formview (form_id, key, version, variant_id, person, seen_at, started_at, touched, last,
    source, device, origin)
  VALUES (%(form)s, %(key)s, %(version)s, %(variant)s, %(person)s, %(at)s, %(started)s, %(touched)s::jsonb,
    %(last)s, %(source)s, %(device)s, %(origin)s)
  ON CONFLICT (form_id, key) DO UPDATE SET
    started_at = least(capture_formview.started_at, EXCLUDED.started_at),
    touched = CASE WHEN jsonb_array_length(EXCLUDED.touched) >= jsonb_array_length(capture_formview.touched)
      THEN EXCLUDED.touched ELSE capture_formview.touched END,
    last = coalesce(nullif(EXCLUDED.last, ''), capture_formview.last)
  RETURNING started_at
)
INSERT INTO capture_formday (form_id, day, views, starts)
SELECT %(form)s, %(day)s, (NOT EXISTS (SELECT FROM was))::int,
  (opening.started_at IS NOT NULL AND NOT EXISTS (SELECT FROM was WHERE started_at IS NOT NULL))::int
FROM opening
ON CONFLICT (form_id, day) DO UPDATE SET
  views = capture_formday.views + EXCLUDED.views, starts = capture_formday.starts + EXCLUDED.starts
"""


_ADD_PAGE = """
WITH was AS (
  SELECT FROM capture_pageview WHERE page_id = %(page)s AND key = %(key)s
), opening AS (
  INSERT INTO capture_pageview (page_id, key, variant_id, person, seen_at, clicked_at, source, device, origin)
  VALUES (%(page)s, %(key)s, %(variant)s, %(person)s, %(at)s, %(clicked)s, %(source)s, %(device)s, %(origin)s)
  ON CONFLICT (page_id, key) DO UPDATE
  SET clicked_at = coalesce(capture_pageview.clicked_at, EXCLUDED.clicked_at)
)
INSERT INTO capture_pageday (page_id, day, views) SELECT %(page)s, %(day)s, (NOT EXISTS (SELECT FROM was))::int
ON CONFLICT (page_id, day) DO UPDATE SET views = capture_pageday.views + EXCLUDED.views
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a form's page reports of itself; later reports of the same key add to it."""

    key: str
    is_started: bool = False
    touched: tuple[str, ...] = ()
    last: str = ""


def read(told: Mapping[str, Any]) -> Opening | None:
    """The report in a posted object; None where it is none."""
    key, touched = key_of(told), told.get("touched", [])
    if key is None:
        return None
    if not isinstance(touched, list) or len(touched) > MAX_NAMES:
        return None
    names = [touches.clean(name, 60) for name in touched]
    names = list(dict.fromkeys(name for name in names if name))
    is_started = told.get("started") is True or bool(names)
    return Opening(key, is_started, tuple(names), names[-1] if names else "")


def key_of(told: Mapping[str, Any]) -> str | None:
    """The id of the opening that a report is about; None where there is none."""
    key = told.get("key")
    return key if isinstance(key, str) and _KEY.match(key) else None


def add(
    opening: Opening,
    *,
    form: Form,
    page: str,
    referrer: str,
    agent: str,
    at: datetime,
    origin: str = Origin.LIVE,
    variant: int | None = None,
    person: str = "",
) -> None:
    """Write a report in one statement, with the day's sums. Crawlers see nothing."""
    if agents.is_crawler(agent):
        return
    campaign = touches.campaign(touches.parameters(page))
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {
                "form": form.pk,
                "key": opening.key,
                "version": form.live.number if form.live else None,
                "variant": variant,
                "person": person,
                "at": at,
                "started": at if opening.is_started else None,
                "touched": json.dumps(opening.touched),
                "last": opening.last,
                "source": touches.source(campaign, referrer),
                "device": agents.device(agent),
                "origin": origin,
                "day": at.date(),
            },
        )


def add_page(
    key: str,
    *,
    page: LandingPage,
    address: str,
    referrer: str,
    agent: str,
    at: datetime,
    is_click: bool = False,
    variant: int | None = None,
    person: str = "",
    origin: str = Origin.LIVE,
) -> None:
    """Write what a landing page reports in one statement, with the day's sum. Crawlers see nothing."""
    if agents.is_crawler(agent):
        return
    campaign = touches.campaign(touches.parameters(address))
    told: dict[str, Any] = {
        "page": page.pk, "key": key, "variant": variant, "person": person, "at": at,
        "clicked": at if is_click else None, "source": touches.source(campaign, referrer),
        "device": agents.device(agent), "origin": origin, "day": at.date(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ADD_PAGE, told)


def of_answer(submission: Submission, *, person: str = "") -> None:
    """The opening behind an answer of a browser without script, which could not report any."""
    asked = list(submission.answers)
    opening = Opening(
        submission.client_submission_id, True, tuple(asked), asked[-1] if asked else ""
    )
    add(
        opening,
        form=submission.form,
        page=submission.page_url,
        referrer="",
        agent=submission.headers.get("user-agent", ""),
        at=submission.received_at,
        origin=submission.origin,
        variant=submission.variant_id,
        person=person if submission.variant_id else "",
    )


def forget(at: datetime) -> int:
    """Drop openings older than 400 days; the sums of their days stay."""
    pages = PageView.objects.filter(seen_at__lt=at - KEEP).delete()[0]
    return FormView.objects.filter(seen_at__lt=at - KEEP).delete()[0] + pages
