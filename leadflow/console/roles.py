"""The table of rights in words, for the page Roles and for docs/security-model.md."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.people.access import PERMISSIONS, Scope
from leadflow.people.models import Role

W = gettext_lazy
WORDS: dict[str, Promise] = {
    "lead.view": W("See leads"),
    "lead.add": W("Add leads"),
    "lead.edit": W("Edit leads"),
    "lead.assign": W("Give leads to other owners, many at once"),
    "lead.give": W("Give a lead to a colleague"),
    "lead.advance": W("Move leads through the lifecycle"),
    "lead.merge": W("Merge leads"),
    "lead.delete": W("Put leads in the trash"),
    "lead.erase": W("Erase a person for ever"),
    "lead.export_one": W("Export one person's data"),
    "lead.export": W("Export lists of leads"),
    "lead.contact_fields": W("See e-mail and telephone"),
    "company.view": W("See companies"),
    "company.edit": W("Edit companies"),
    "company.merge": W("Merge companies"),
    "company.delete": W("Put companies in the trash"),
    "company.export": W("Export lists of companies and customers"),
    "activity.add": W("Log and plan activities"),
    "todo.edit": W("Work to-dos: own ones, and of those in reach"),
    "call.work": W("Work call lists"),
    "call.manage": W("Make and close call lists"),
    "note.add": W("Write notes"),
    "consent.add": W("Record consent and opt-outs"),
    "consent.remove_suppression": W("Take an address off the suppression list"),
    "tag.edit": W("Tag leads"),
    "view.save": W("Save views of lists"),
    "form.view": W("See forms"),
    "form.edit": W("Build and publish forms"),
    "answer.view": W("See form answers"),
    "inbound.view": W("See received mail"),
    "inbound.decide": W("Make leads of received mail, or set it aside"),
    "quarantine.decide": W("Take suspect answers back, or delete them"),
    "import.run": W("Import files"),
    "meeting.view": W("See meeting types and their booking pages"),
    "meeting.edit": W("Say what visitors can book, and with whom"),
    "score.view": W("See score models"),
    "score.edit": W("Edit and publish score models"),
    "bant.edit": W("Fill in budget, authority, need, timing"),
    "sequence.view": W("See sequences"),
    "sequence.edit": W("Build and publish sequences"),
    "automation.view": W("See automations"),
    "automation.edit": W("Build and publish automations"),
    "sequence.enrol": W("Enrol leads in sequences"),
    "broadcast.view": W("See broadcasts and how they went"),
    "broadcast.edit": W("Write, confirm and stop broadcasts"),
    "segment.view": W("See segments"),
    "segment.edit": W("Edit segments"),
    "mail.send": W("Send mail to leads"),
    "mail.read": W("Read mail to leads"),
    "outbox.view": W("See the outbox"),
    "hit.judge": W("Judge again who clicked and opened: people or machines"),
    "routing.view": W("See routing rules"),
    "routing.edit": W("Edit routing rules and pools"),
    "handover.decide": W("Accept or return hand-overs"),
    "deal.view": W("See deals"),
    "deal.edit": W("Edit deals"),
    "deal.move": W("Move, win and lose deals"),
    "deal.delete": W("Delete deals"),
    "deal.export": W("Export deals"),
    "playbook.edit": W("Write the playbook: objections and answers"),
    "approval.view": W("See what waits for approval"),
    "approval.decide": W("Approve or refuse discounts, and mail to many"),
    "insights.view": W("See dashboards"),
    "spend.edit": W("Enter spend"),
    "target.edit": W("Set targets"),
    "audit.view": W("See the audit log"),
    "flow.view": W("See and retry failed reactions"),
    "settings.edit": W("Change the organisation's settings"),
    "people.edit": W("Invite people, change roles and teams"),
    "source.edit": W("Edit sources"),
    "field.edit": W("Edit custom fields"),
    "pipeline.edit": W("Edit pipelines and stages"),
    "self.edit": W("Change the own profile, password and looks"),
}
GROUPS: list[tuple[Promise, tuple[str, ...]]] = [
    (
        W("Leads and companies"),
        ("lead", "company", "activity", "todo", "call", "note", "consent", "tag", "view"),
    ),
    (W("Capture"), ("form", "answer", "quarantine", "inbound", "import")),
    (W("Meetings"), ("meeting",)),
    (W("Qualification"), ("score", "bant")),
    (W("Nurturing"), ("sequence", "automation", "broadcast", "segment", "mail", "outbox", "hit")),
    (W("Distribution"), ("routing", "handover")),
    (W("Deals"), ("deal", "playbook", "approval")),
    (W("Numbers"), ("insights", "spend", "target")),
    (W("Settings"), ("audit", "flow", "settings", "people", "source", "field", "pipeline", "self")),
]


@dataclass(frozen=True)
class Right:
    """One row: what it lets one do, and how far for each role."""

    permission: str
    words: str
    reach: list[str]


def scope_words(scope: Scope | None) -> str:
    """A scope as a reader understands it."""
    names = {Scope.OWN: _("own"), Scope.TEAM: _("team"), Scope.ALL: _("all")}
    return names[scope] if scope is not None else ""


def rights_by_group() -> list[tuple[str, list[Right]]]:
    """The whole table in the order in which people ask."""
    return [
        (str(label), [_right(p) for p in PERMISSIONS if p.split(".")[0] in nouns])
        for label, nouns in GROUPS
    ]


def _right(permission: str) -> Right:
    row = PERMISSIONS[permission]
    words = str(WORDS.get(permission, permission))
    return Right(permission, words, [scope_words(row.get(role)) for role in Role])


def markdown() -> str:
    """The same table for the documentation."""
    head = "| May | " + " | ".join(str(role.label) for role in Role) + " |"
    lines = [head, "|---|" + "---|" * len(Role)]
    for label, rights in rights_by_group():
        lines.append(f"| **{label}** |" + " |" * len(Role))
        lines += [f"| {r.words} | " + " | ".join(w or "–" for w in r.reach) + " |" for r in rights]
    return "\n".join(lines) + "\n"
