"""What a marketer does with the report of a form, and with what the form hands over."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.template.loader import get_template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from capture.blocks.asking import questions
from capture.blocks.report import REPORT_BLOCKS, TYPES
from capture.models import Form, Magnet, Report, ReportVersion
from capture.selectors.reports import Filled
from leadflow.assets.models import File
from leadflow.blocks import documents
from leadflow.blocks import services as blocks
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import pdf
from leadflow.kit.clock import now
from leadflow.models import Organisation
from leadflow.people.models import User

_BY_KEY = {kind.key: kind for kind in TYPES}


def block(kind: str, **props: Any) -> dict[str, Any]:
    """One block of a report, by its type's name."""
    return documents.block(_BY_KEY[kind], **props)


@transaction.atomic
def start(
    *,
    form: Form,
    by: User | None,
    content: documents.Content | None = None,
    at: datetime | None = None,
) -> Report:
    """The report of a form; a new one begins with `content`, else with the form's results."""
    at = at or now()
    content = documents.normalised(content or first_content(form), REPORT_BLOCKS)
    fresh = {"draft": content, "created_at": at, "draft_saved_at": at, "draft_saved_by": by}
    return Report.objects.select_related("form").get_or_create(form=form, defaults=fresh)[0]


def first_content(form: Form) -> documents.Content:
    """A report that says what the form works out, for the marketer to go on from."""
    content = documents.empty(title=_("Your report"))
    rows = content["pages"][0]["blocks"]
    for one in questions(form.draft):
        if one.type == "calculation" and one.props.get("gives") != "text":
            decimals, unit = one.props.get("decimals") or "0", one.props.get("unit") or ""
            rows.append(
                block("number", label=one.label, formula=one.name, decimals=decimals, unit=unit)
            )
    rows.append(block("answers", text=_("Your answers")))
    return content


@transaction.atomic
def publish(
    *, report: Report, by: User | None, revision: int | None = None, at: datetime | None = None
) -> ReportVersion:
    """From now on answers of the form get this report. Raises Invalid with what is missing."""
    version = blocks.publish(document=report, revision=revision, by=by, at=at)
    Magnet.objects.get_or_create(form=report.form)
    _touch(report.form)
    record(
        Kind.FORM_PUBLISHED,
        by=by,
        subject=report.form,
        data={"name": _("Report of %s") % report.form.name, "number": version.number},
        at=at,
        origin=report.form.origin,
    )
    return ReportVersion.objects.get(pk=version.pk)


def publish_first(*, form: Form, by: User | None, at: datetime | None = None) -> None:
    """Let a report that was never live go live with its form, where nothing is missing in it."""
    report = Report.objects.select_related("form").filter(form=form, live=None).first()
    if report is not None and not documents.publish_problems(report.draft, report.blocks()):
        publish(report=report, by=by, at=at)


@transaction.atomic
def withdraw(*, report: Report) -> None:
    """Hand the report over no more. What was promised before stays readable."""
    Report.objects.filter(pk=report.pk).update(live=None)
    _touch(report.form)


@transaction.atomic
def save_magnet(*, magnet: Magnet, given: Iterable[File]) -> Magnet:
    """Keep what the form hands over and how; `magnet` carries the checked values of its fields."""
    magnet.save()
    magnet.files.set(given)
    _touch(magnet.form)
    return magnet


def _touch(form: Form) -> None:
    """Visitors' doors read a form again when its row was written."""
    Form.objects.filter(pk=form.pk).update(name=F("name"))


def as_pdf(filled: Filled, *, at: datetime, brand: Organisation | None = None) -> bytes:
    """A filled report on paper, in the organisation's colour."""
    brand = brand or Organisation.current()
    template: Any = get_template("capture/report.typ")
    sheets = [[_told(part) for part in sheet] for sheet in filled.sheets]
    address = [line.strip() for line in brand.postal_address.splitlines() if line.strip()]
    data = {
        "title": filled.title,
        "foot": filled.foot,
        "sheets": sheets,
        "organisation": brand.name,
        "legal": ", ".join([brand.legal_name or brand.name, *address]),
        "colour": brand.colour,
        "mark": brand.mark,
        "lang": brand.language[:2],
        "day": date_format(timezone.localtime(at), "DATE_FORMAT"),
    }
    return pdf.render(template.template.source, data)


def _told(part: Any) -> dict[str, Any]:
    bars = [{"label": bar.label, "value": bar.value, "share": bar.share} for bar in part.bars]
    plain = {"kind": part.kind, "text": part.text, "sub": part.sub, "value": part.value}
    return plain | {"url": part.url, "bars": bars, "rows": [list(row) for row in part.rows]}
