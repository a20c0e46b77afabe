"""What a conversion takes where, in words: a line for each thing of the lead, following the choices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadflow.models import Activity, BuyingRole, Company, Lead, Note
from leadflow.people.models import User
from leadflow.services import companies
from leadflow.services.briefing import Fact
from leadflow.web.templatetags.formats import day, money_exact
from pipeline.forms.converting import ConvertForm
from pipeline.models import Deal


@dataclass(frozen=True, slots=True)
class Mapped:
    """One thing of the lead: what it is, its value there, what it becomes, and its value then.

    `state` says whether it is new, is filled in, or stays as it was.
    """

    what: str
    was: str
    to: str
    value: str
    state: str = "new"


def rows_of(form: ConvertForm, user: User) -> list[Mapped]:
    """The map of the form as it stands."""
    seen, lead = form.seen(), form.lead
    rows = [_company(seen, lead)]
    deal: Deal | None = seen.get("deal")
    match seen.get("what"):
        case ConvertForm.NEW:
            rows += [*_new_deal(seen, form, user), *_carried(lead)]
        case ConvertForm.EXISTING if deal is not None:
            rows += [*_joined(seen, form, deal), *_carried(lead)]
        case ConvertForm.EXISTING:
            rows.append(Mapped(_("Deal"), "", _("Deal"), _("choose which"), "open"))
        case _:
            rows.append(Mapped(_("Person"), lead.name, _("Deal"), _("none is opened"), "stays"))
    return rows


def _company(seen: Mapping[str, Any], lead: Lead) -> Mapped:
    was = lead.company.name if lead.company else companies.domain_of(lead.email)
    chosen: Company | None = seen.get("company")
    typed = (seen.get("company_name") or "").strip()
    if chosen is None and typed:
        chosen = companies.called(typed)
        if chosen is None:
            return Mapped(
                _("Company"), was, _("Company"), _("%(name)s, made new") % {"name": typed}
            )
    if chosen is None:
        return Mapped(_("Company"), was, _("Company"), _("none"), "stays")
    is_hers = chosen.pk == lead.company_id
    return Mapped(_("Company"), was, _("Company"), chosen.name, "stays" if is_hers else "fills")


def _new_deal(seen: Mapping[str, Any], form: ConvertForm, user: User) -> Iterator[Mapped]:
    lead, brief = form.lead, form.brief
    stage = seen.get("stage")
    yield Mapped(_("Person"), lead.name, _("Person of the deal"), lead.name)
    yield Mapped("", "", _("Name of the deal"), seen.get("name") or _("to be named"))
    if stage:
        yield Mapped("", "", _("Stage"), f"{stage.pipeline.name}: {stage.name}")
    amount = seen.get("amount")
    told = money_exact(form.fields["amount"].clean(amount), seen["currency"]) if amount else ""
    yield Mapped(_("Budget"), _words(brief.about("budget")), _("Amount"), told or _("none yet"))
    closes = seen.get("expected_close_on")
    yield Mapped(
        _("Timing"), _words(brief.about("timing")), _("Expected close"),
        day(closes) if closes else _("none yet"),
    )  # fmt: skip
    need = seen.get("need") or _("not said")
    yield Mapped(_("Need"), _words(brief.about("need")), _("What they need"), need)
    yield _role(seen, brief.about("authority"))
    owner = lead.owner
    yield Mapped(
        _("Owner"), owner.name if owner else _("nobody"), _("Owner of the deal"),
        (owner or user).name,
    )  # fmt: skip


def _joined(seen: Mapping[str, Any], form: ConvertForm, deal: Deal) -> Iterator[Mapped]:
    lead, stays = form.lead, "stays"
    yield Mapped("", "", _("Deal"), f"{deal.name} ({deal.stage.name})", stays)
    if deal.lead_id is None:
        yield Mapped(_("Person"), lead.name, _("Person of the deal"), lead.name, "fills")
    else:
        yield Mapped(_("Person"), lead.name, _("Takes part in the deal"), lead.name)
    amount = money_exact(deal.amount, deal.currency) if deal.amount is not None else _("none yet")
    yield Mapped(_("Budget"), _words(form.brief.about("budget")), _("Amount"), amount, stays)
    closes = day(deal.expected_close_on) if deal.expected_close_on else _("none yet")
    yield Mapped(
        _("Timing"), _words(form.brief.about("timing")), _("Expected close"), closes, stays
    )
    need, told = seen.get("need") or "", _words(form.brief.about("need"))
    state = stays if deal.need or not need else "fills"
    yield Mapped(_("Need"), told, _("What they need"), deal.need or need or _("not said"), state)
    yield _role(seen, form.brief.about("authority"))


def _role(seen: Mapping[str, Any], fact: Fact | None) -> Mapped:
    role = seen.get("role")
    label = str(BuyingRole(role).label) if role in BuyingRole.values else _("not known yet")
    return Mapped(_("Authority"), _words(fact), _("Role in the deal"), label)


def _carried(lead: Lead) -> Iterator[Mapped]:
    """What stays with the person, and what is linked besides."""
    linked = Activity.objects.filter(lead=lead, subject_ref="").count()
    if linked:
        words = ngettext("%(n)s activity", "%(n)s activities", linked) % {"n": linked}
        yield Mapped(_("Activities"), words, _("Linked to the deal"), words)
    notes = Note.objects.filter(lead=lead).count()
    if notes:
        words = ngettext("%(n)s note", "%(n)s notes", notes) % {"n": notes}
        yield Mapped(_("Notes"), words, _("Stay with the person"), words, "stays")


def _words(fact: Fact | None) -> str:
    return fact.words if fact else _("not known")
