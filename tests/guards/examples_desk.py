"""What the doors of the desk are shown: a lead, a trashed lead, a step and a customer of each."""

from datetime import timedelta

from leadflow.calling import services as calls
from leadflow.kit import clock
from leadflow.mail.services import queue
from leadflow.models import (
    CompanyMerge,
    CompanyTwin,
    Customer,
    Lead,
    LeadStage,
    Merge,
    ProvidedValue,
    ResearchItem,
    Twin,
)
from leadflow.people.models import Role
from leadflow.runs.models import Run
from leadflow.services import (
    activities,
    companies,
    company_merging,
    company_trash,
    customer_owners,
    leads,
    merging,
    merging_batches,
    todos,
    unmerging,
)
from tests.factories import pipeline as make
from tests.factories.core import a_company, a_lead
from tests.guards.world import MARKERS, WHOSE


def prepare(world):
    world.made["desk_company"] = companies.match_or_create(name="Some company")
    world.made["gone"] = {whose: gone(world, whose) for whose in WHOSE}
    world.made["double"] = {whose: double(world, whose) for whose in WHOSE}
    world.made["twin"] = {whose: twin(world, whose) for whose in WHOSE}
    world.made["todo"] = {whose: todo(world, whose) for whose in WHOSE}
    world.made["calling"] = {whose: calling(world, whose) for whose in WHOSE}
    world.made["bare_deal"] = {
        whose: make.deal(world.owners[whose], name=f"Bare {MARKERS[whose]}") for whose in WHOSE
    }
    world.made["planned"] = {whose: planned(world, whose) for whose in WHOSE}
    world.made["merged"] = {whose: merged(world, whose) for whose in WHOSE}
    world.made["batch"] = batch(world, Merge, "lead", world.made["merged"]["own"])
    join_companies(world)
    throw_company_away(world)
    world.made["letter"] = {whose: written(world, whose) for whose in WHOSE}
    world.made["provided"] = {whose: said(lead=world.leads[whose]) for whose in WHOSE}
    world.made["provided_of_company"] = said(company=world.made["desk_company"])
    for subject in ResearchItem.Subject:
        row = ResearchItem.objects.create(subject=subject, label="Something new")
        world.made[f"research_of_{subject}"] = row
    for whose in WHOSE:
        Customer.objects.create(lead=world.made["double"][whose], started_at=clock.now())


def written(world, whose):
    """A personal mail to the lead of each."""
    return queue(
        key=f"desk:{whose}", kind="personal", to=world.leads[whose].email, lead_id=world.leads[whose].pk,
        subject=f"Mail {MARKERS[whose]}", text="Hello",
    )  # fmt: skip


def said(**about):
    return ProvidedValue.objects.create(
        field="city",
        value="Bergen",
        provider="P",
        state="proposed",
        received_at=clock.now(),
        **about,
    )


def gone(world, whose):
    mark = MARKERS[whose]
    row = a_lead(email=f"gone-{mark}@x.example", last_name=mark, owner=world.owners[whose])
    leads.trash_many(lead_ids=[row.pk], by=None)
    return Lead.objects.get(pk=row.pk)


def double(world, whose):
    mark = MARKERS[whose]
    return a_lead(email=f"double-{mark}@x.example", last_name=mark, owner=world.owners[whose])


def twin(world, whose):
    one, two = sorted([world.leads[whose].pk, world.made["double"][whose].pk])
    return Twin.objects.create(one_id=one, two_id=two, score=90, found_at=clock.now())


def merged(world, whose):
    other = a_lead(email=f"merged-{MARKERS[whose]}@x.example", owner=world.owners[whose])
    merging.merge(survivor=world.leads[whose], loser=other, by=None)
    made = Merge.objects.get(loser=other)
    unmerging.settle(made)
    return made


def batch(world, merges, subject, made):
    """A go of the manager that merged two rows."""
    run = Run.objects.create(
        kind=merging_batches.MERGE, args={"subject": subject}, state=Run.State.DONE,
        asker=world.users[Role.MANAGER], created_at=clock.now(),
    )  # fmt: skip
    merges.objects.filter(pk=made.pk).update(batch=run.pk)
    return run


def throw_company_away(world):
    world.made["spare_company"] = a_company("Spare company")
    world.made["gone_company"] = gone = a_company("Gone company")
    company_trash.trash_many(company_ids=[gone.pk], by=None)


def join_companies(world):
    """A pair that waits, and one that a go of the manager merged."""
    keep, drop, other = world.made["desk_company"], a_company("Some company AG"), a_company("Else")
    world.made["company_twin"] = CompanyTwin.objects.create(
        one=keep, two=other, score=90, found_at=clock.now()
    )
    company_merging.merge(survivor=keep, loser=drop, by=None)
    world.made["company_merge"] = made = CompanyMerge.objects.get()
    world.made["company_batch"] = batch(world, CompanyMerge, "company", made)


def todo(world, whose):
    return activities.plan(
        kind="call", subject=f"Ring {MARKERS[whose]}", due_at=clock.now() - timedelta(hours=1),
        lead=world.leads[whose], owner=world.owners[whose], by=None,
    )  # fmt: skip


def planned(world, whose, name="planned"):
    return activities.plan(
        kind="todo", subject=f"{name} {MARKERS[whose]}", due_at=clock.now() + timedelta(days=1),
        lead=world.leads[whose], owner=world.owners[whose], by=None,
    )  # fmt: skip


def calling(world, whose):
    """A list of each with its lead in the caller's hand."""
    caller, always = world.owners[whose], {"from_hour": 0, "to_hour": 24, "weekends": True}
    made = calls.create(
        values={"name": f"Calls {MARKERS[whose]}", **always}, callers=[caller],
        lead_ids=[world.leads[whose].pk], by=caller,
    )  # fmt: skip
    made.entries.update(claimed_by=caller, claimed_until=clock.now() + timedelta(hours=9))
    return made


def entry(world, whose):
    made = world.made["calling"][whose]
    return {"pk": made.pk, "entry": made.entries.get().pk}


def named(world, whose):
    return {"ids": [world.made["planned"][whose].pk], "until": "week"}


def given(world, whose):
    return named(world, whose) | {"to": world.owners[whose].pk}


def todo_form(_world=None, _whose=None):
    return {"kind": "todo", "subject": "Send it", "due_at": "2031-01-01T10:00", "priority": "2"}


def lead(world, whose):
    return {"pk": world.leads[whose].pk}


def of(name):
    return lambda world, whose: {"pk": world.made[name][whose].pk}


def one(name):
    return lambda world, whose: {"pk": world.made[name].pk}


def next_step(world, whose):
    due = {"activity-due_at": "2031-01-01T10:00"}
    return {"activity-kind": "todo", "activity-subject": "Send it"} | due


def of_queue(kind, name):
    return lambda world, whose: {"key": f"{kind}:{world.made[name][whose].pk}"}


def company(world, whose):
    return {"pk": world.made["desk_company"].pk}


_OF_LEAD = (
    "company",
    "edit", "note", "activity", "owner", "stage", "off", "reopen", "tag", "untag", "consent", "release",
    "merge", "unmerge", "trash", "erase", "export",
)  # fmt: skip


def memory(world):
    """A move of the rep's own lead, as her toast would take it back."""
    row = world.leads["own"]
    return leads.memory_of(leads.Moved([row], {row.pk: row}, []), world.owners["own"])


def given_away(world):
    """That the rep gave leads away a moment ago, as her toast would take it back."""
    return leads.memory_of_act("owner", at=clock.now(), by=world.owners["own"])


def put_off(world):
    """The rep's own to-do put off, as her toast would take it back."""
    row, owner = world.made["planned"]["own"], world.owners["own"]
    moved = todos.put_off_many([row.pk], until=clock.now() + timedelta(days=2), by=owner)
    return todos.memory_of(moved, owner)


def passed_on(world):
    """The rep's own to-do given to a colleague, as her toast would take it back."""
    row, owner = world.made["planned"]["own"], world.owners["own"]
    given = todos.give_many([row.pk], to=world.owners["team"], by=owner)
    return todos.memory_of_gift(given, owner)


EXAMPLES = {
    "desk:lead": lead,
    **{f"desk:lead-{name}": lead for name in _OF_LEAD},
    "desk:customers-count": lambda _world, _whose: {"what": "todo"},
    "desk:quality-fault": lambda _world, _whose: {"key": "unsourced"},
    "desk:duplicates-apart": of("twin"),
    "desk:lead-restore": of("gone"),
    **{f"desk:activity-{name}": of("todo") for name in ("done", "undo")},
    **{
        f"desk:queue-{name}": of_queue("activity", "todo")
        for name in ("opened", "later", "outcome", "done", "off")
    },
    **{f"desk:queue-{name}": of_queue("handover", "handover") for name in ("accept", "return")},
    "desk:queue-plan": lead,
    "desk:queue-plan-deal": of_queue("deal", "bare_deal"),
    "desk:hot-claim": lead,
    **{f"desk:duplicates-{name}": one("batch") for name in ("done", "back")},
    **{f"desk:company-duplicates-{name}": one("company_batch") for name in ("done", "back")},
    "desk:company-duplicates-apart": one("company_twin"),
    "desk:company-merge": company,
    "desk:company-trash": one("spare_company"),
    "desk:company-restore": one("gone_company"),
    "desk:companies-trash-undo": lambda _world, _whose: {"memory": "worn-out"},
    "desk:company-unmerge": company,
    **{f"desk:call-{name}": of("calling") for name in ("list", "list-close", "work", "next")},
    "desk:call-said": entry,
    "desk:call-rows": lambda world, whose: {**of("calling")(world, whose), "part": "people"},
    "desk:todo": of("planned"),
    "desk:todo-file": of("planned"),
    "desk:todos-of": lambda w, whose: lead(w, whose) | {"kind": "lead"},
    "desk:company": company,
    "desk:company-learned": company,
    "desk:company-note": company,
    "desk:company-log": company,
    "desk:company-research": company,
    "desk:company-research-tick": lambda w, whose: (
        company(w, whose) | {"item": w.made["research_of_company"].pk}
    ),
    "desk:lead-research": lead,
    "desk:lead-research-tick": lambda w, whose: (
        lead(w, whose) | {"item": w.made["research_of_lead"].pk}
    ),
    "desk:readings": lambda w, whose: lead(w, whose) | {"kind": "lead"},
    "desk:lead-next": lead,
    "desk:company-then": lambda world, whose: {"pk": world.leads[whose].company_id},
    "desk:company-story": lambda world, whose: {"pk": world.leads[whose].company_id},
    "desk:company-edit": company,
    "desk:lead-provided": lead,
    "desk:lead-lookup": lead,
    "desk:company-lookup": company,
    "desk:lead-then": lead,
    "desk:lead-learned": lead,
    "desk:lead-mail": lead,
    "desk:lead-thread": lambda w, whose: lead(w, whose) | {"ref": f"d{w.made['letter'][whose].pk}"},
    "desk:lead-follow": lead,
    "desk:company-provided": company,
    "desk:lead-provided-decide": lambda w, whose: (
        lead(w, whose) | {"value": w.made["provided"][whose].pk}
    ),
    "desk:company-provided-decide": lambda w, whose: (
        company(w, whose) | {"value": w.made["provided_of_company"].pk}
    ),
    "desk:board-undo": lambda world, whose: {"memory": memory(world)} if whose == "own" else None,
    "desk:bulk-undo": lambda world, whose: (
        {"memory": given_away(world)} if whose == "own" else None
    ),
    "desk:customers-undo": lambda world, whose: (
        {"memory": customer_owners.memory_of(world.owners["own"], clock.now())}
        if whose == "own"
        else None
    ),
    "desk:todos-back": lambda world, whose: {"memory": put_off(world)} if whose == "own" else None,
    "desk:todos-give-back": lambda world, whose: (
        {"memory": passed_on(world)} if whose == "own" else None
    ),
    "desk:lead-move": lead,
    "desk:lead-quick": lead,
    "desk:lead-cell": lambda world, whose: lead(world, whose) | {"column": "country"},
    "desk:company-cell": lambda world, whose: company(world, whose) | {"column": "country"},
}


def chosen(world, whose):
    """Rows of everybody, as a forged form would name them."""
    return {"ids": [row.pk for row in world.leads.values()], "to": LeadStage.MQL, "name": "vip"}


def customers(world, _whose):
    """Customers of everybody, as a forged form would name them."""
    return {"ids": [row.pk for row in world.made["customer"].values()]}


PAYLOADS = {
    "desk:lead-company": lambda world, whose: {"company": "none"},
    "desk:companies-tier": lambda world, whose: {
        "ids": [row.company_id for row in world.leads.values()],
        "tier": "1",
    },
    "desk:company-note": lambda world, whose: {"note-text": "They export"},
    "desk:company-log": lambda world, whose: {"log-kind": "call", "log-subject": "Rang them"},
    "desk:company-research-tick": lambda world, whose: {"done": "1"},
    "desk:lead-research-tick": lambda world, whose: {"done": "1", "note": "Plays chess"},
    "desk:customers-count": customers,
    "desk:customers-assign": lambda world, whose: (
        customers(world, whose) | {"owner": world.owners["own"].pk}
    ),
    "desk:customers-todo": lambda world, whose: (
        customers(world, whose) | {"subject": "Say thanks", "until": "week"}
    ),
    "desk:companies-todo": lambda world, whose: {
        "ids": [row.company_id for row in world.leads.values()],
        "subject": "Find the champion",
        "until": "week",
    },
    "desk:lead-cell": lambda world, whose: {"value": "SE"},
    "desk:company-cell": lambda world, whose: {"value": "SE"},
    **{
        f"desk:bulk-{name}": chosen
        for name in ("assign", "source", "stage", "meant", "tag", "delete")
    },
    "desk:bulk-lookup": chosen,
    "desk:companies-lookup": lambda world, whose: {"ids": [world.made["desk_company"].pk]},
    "desk:bulk-todo": lambda world, whose: (
        chosen(world, whose) | {"subject": "Call", "until": "week"}
    ),
    "desk:lead-provided-decide": lambda world, whose: {"decision": "dismiss"},
    "desk:company-provided-decide": lambda world, whose: {"decision": "dismiss"},
    "desk:lead-quick": lambda world, whose: {
        f"card{world.leads[whose].pk}-owner": world.owners[whose].pk,
        f"card{world.leads[whose].pk}-job_title": "Buyer",
    },
    "desk:lead-note": lambda world, whose: {"note-text": "Hello"},
    "desk:lead-activity": lambda w, whose: {"activity-kind": "call", "activity-subject": "Rang"},
    "desk:lead-mail": lambda world, whose: {
        "draft": "5d1f7a52-6c1e-4b6c-9d3a-2f0a8f0d9b11",
        "to": world.leads[whose].email,
        "subject": "Hello",
        "text": "Words",
        "do": "send",
    },
    "desk:lead-owner": lambda world, whose: {"owner": world.owners["own"].pk},
    "desk:lead-stage": lambda world, whose: {"to": LeadStage.MQL},
    "desk:lead-move": lambda world, whose: {"column": LeadStage.MQL},
    "desk:board-move-many": lambda world, whose: {
        "column": LeadStage.MQL,
        "cards": [f"{row.pk}:{row.version}" for row in world.leads.values()],
    },
    "desk:lead-off": lambda w, whose: {"disposition": "recycled", "reason": "not_now"},
    "desk:lead-tag": lambda world, whose: {"name": "vip"},
    "desk:lead-consent": lambda world, whose: {"channel": "email", "text": "Said yes"},
    "desk:lead-release": lambda world, whose: {"why": "She asked"},
    "desk:lead-merge": lambda world, whose: {"other": world.made["double"][whose].pk},
    "desk:lead-unmerge": lambda world, whose: {"merge": world.made["merged"][whose].pk},
    "desk:duplicates-merge": lambda world, whose: {"ids": [world.made["twin"]["own"].pk]},
    "desk:company-duplicates-merge": lambda world, whose: {"ids": [world.made["company_twin"].pk]},
    "desk:companies-trash-many": lambda world, _whose: {
        "ids": [world.made["spare_company"].pk],
        "sure": "1",
    },
    "desk:company-merge": lambda world, whose: {"other": world.made["company_twin"].two_id},
    "desk:company-unmerge": lambda world, whose: {"merge": world.made["company_merge"].pk},
    "desk:lead-erase": lambda world, whose: {"confirm": world.leads[whose].name},
    "desk:queue-later": lambda world, whose: {"until": "week"},
    "desk:todo-new": lambda world, whose: todo_form() | {"owner": world.owners["own"].pk},
    "desk:todo": lambda world, whose: todo_form() | {"owner": world.owners[whose].pk},
    "desk:todo-quick": lambda world, whose: {"words": "Call tomorrow 10"},
    "desk:call-said": lambda world, whose: {"outcome": "busy"},
    "desk:todos-done": named,
    "desk:todos-later": named,
    "desk:todos-give": given,
    "desk:queue-outcome": lambda world, whose: {"outcome": "reached"},
    "desk:queue-return": lambda world, whose: {"reason": "not_now"},
    "desk:queue-off": lambda world, whose: {"disposition": "recycled", "reason": "not_now"},
    **{f"desk:queue-{name}": next_step for name in ("plan", "plan-deal")},
}
