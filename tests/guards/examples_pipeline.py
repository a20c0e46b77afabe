"""What the doors of the pipeline are shown: a deal, a trashed deal and a planned step of each."""

import io
from datetime import timedelta

from leadflow.approvals import services as approvals
from leadflow.assets import attachments, uploads
from leadflow.assets.models import ContentItem
from leadflow.kit import clock
from leadflow.models import Company, Customer
from leadflow.offers.models import Offer
from leadflow.services import activities
from pipeline.models import LostReason, ObjectionAnswer, ObjectionKind, Product
from pipeline.selectors import quotes as reading
from pipeline.selectors.papers import DEAL
from pipeline.services import deals, negotiating, objections, pipelines, quotes, rivals, sharing
from tests.factories.pipeline import company, deal, order, stage, subscribe
from tests.guards.world import MARKERS, WHOSE


def prepare(world):
    world.made["pipeline"] = pipelines.ensure_default()
    world.made["company"] = company("Shared company")
    firms = {row.company_id for row in world.leads.values()}
    Company.objects.filter(pk__in=firms).update(country="BE")
    world.made["deal"] = {whose: one(world, whose) for whose in WHOSE}
    world.made["trashed"] = {whose: one(world, whose) for whose in WHOSE}
    deals.trash_many(deal_ids=[row.pk for row in world.made["trashed"].values()], by=None)
    world.made["customer"] = {whose: customer(world, whose) for whose in WHOSE}
    world.made["subscription"] = {
        whose: subscribe(row, title=f"Care {MARKERS[whose]}")
        for whose, row in world.made["customer"].items()
    }
    world.made["order"] = {
        whose: order(row, title=f"Roof {MARKERS[whose]}")
        for whose, row in world.made["customer"].items()
    }
    world.made["reason"] = LostReason.objects.first()
    world.made["product"] = Product.objects.create(name="Thing", created_at=clock.now())
    world.made["competitor"] = next(iter(rivals.named(["Rival"]).values()))
    for row in world.made["deal"].values():
        rivals.note(deal=row, competitor=world.made["competitor"], by=None)
    world.made["paper"] = {whose: paper(row) for whose, row in world.made["deal"].items()}
    world.made["quote"] = {whose: quote(world, whose) for whose in WHOSE}
    # whoever has the link reads the quote: it is of a deal that bears nobody's mark
    plain = deal(owner=world.owners["own"], name="Plain deal", company=world.made["company"])
    world.made["sent"] = quotes.send(quotes.start(deal=plain, by=None), by=None)
    world.made["approval"] = {whose: asked(world, whose) for whose in WHOSE}
    world.made["objection_kind"] = ObjectionKind.objects.create(name="Too dear")
    world.made["approved_answer"] = ObjectionAnswer.objects.create(
        kind=world.made["objection_kind"], title="Worth it", words="It pays."
    )
    world.made["objection"] = {whose: objection(world, whose) for whose in WHOSE}
    world.made["concession"] = {whose: concession(world, whose) for whose in WHOSE}
    gift = Offer.objects.create(name="A gift", kind="bonus")
    world.made["used_offer"] = {
        whose: negotiating.use_offer(
            world.made["deal"][whose], offer=gift, by=world.owners[whose] or world.owners["own"]
        )
        for whose in WHOSE
    }
    report = ContentItem.objects.create(title="A paper", url="https://x.example/paper")
    world.made["collateral"] = report
    world.made["share"] = {
        whose: sharing.share(world.made["deal"][whose], item=report, days=30, by=None)
        for whose in WHOSE
    }
    world.made["step"] = {whose: step(world, whose) for whose in WHOSE}


def one(world, whose):
    mark = MARKERS[whose]
    return deal(
        owner=world.owners[whose], name=f"Deal {mark}", lead=world.leads[whose],
        company=world.made["company"],
    )  # fmt: skip


def customer(world, whose):
    return Customer.objects.create(lead=world.leads[whose], started_at=clock.now())


def step(world, whose):
    row = world.made["deal"][whose]
    return activities.plan(
        kind="call", subject=f"Call {MARKERS[whose]}", due_at=clock.now() + timedelta(days=1),
        lead=world.leads[whose], subject_ref=f"deal:{row.pk}", owner=world.owners[whose], by=None,
    )  # fmt: skip


def paper(deal):
    row = uploads.take_in(io.BytesIO(b"text"), name="plan.txt", kinds=("txt",))
    attachments.claim([row], kind=DEAL, pk=deal.pk)
    return row.pk


def of_paper(world, whose):
    return of("deal")(world, whose) | {"upload": world.made["paper"][whose]}


def quote(world, whose):
    return quotes.start(deal=world.made["deal"][whose], by=world.owners[whose])


def asked(world, whose):
    owner = world.owners[whose]
    row = world.made["quote"][whose].quote
    return approvals.ask(
        kind="discount", reference=f"quote:{row.pk}", url=row.get_absolute_url(),
        sentence=f"Discount {MARKERS[whose]}", amount=20, limit=10, owner=owner,
        team=row.deal.team, by=owner,
    )  # fmt: skip


def objection(world, whose):
    told = objections.Told(kind=world.made["objection_kind"], words=f"Says {MARKERS[whose]}")
    return objections.hear(world.made["deal"][whose], told=told, by=world.owners[whose])


def concession(world, whose):
    terms = negotiating.Terms(subject="payment", asked=f"Later {MARKERS[whose]}")
    by = world.owners[whose] or world.owners["own"]
    return negotiating.note(world.made["deal"][whose], terms=terms, by=by)


def of_quote(world, whose):
    return {"pk": world.made["quote"][whose].quote_id}


def token(world, whose):
    return {"token": reading.token_of(world.made["sent"])}


def of(name):
    return lambda world, whose: {"pk": world.made[name][whose].pk}


def lead(world, whose):
    return {"pk": world.leads[whose].pk}


def pipeline(world, whose):
    return {"pk": world.made["pipeline"].pk}


def one_stage(world, whose):
    return {"pk": world.made["pipeline"].pk, "stage_pk": stage().pk}


def setting(name):
    return lambda world, whose: {"pk": world.made[name].pk}


_OF_DEAL = ("", "-move", "-win", "-lose", "-reopen", "-edit", "-lines", "-plan", "-note", "-trash",
            "-quick", "-closes", "-log", "-follow", "-people", "-split", "-rivals", "-files")  # fmt: skip
_OF_CUSTOMER = ("", "-order", "-subscription", "-leave", "-return")
EXAMPLES = {
    **{f"pipeline:deal{name}": of("deal") for name in _OF_DEAL},
    **{
        f"pipeline:quote{name}": of_quote
        for name in ("", "-edit", "-send", "-revise", "-pdf", "-ask")
    },
    "pipeline:quote-new": of("deal"),
    "approvals:one": lambda world, whose: {"pk": world.made["approval"][whose].pk},
    "pipeline:quote-public": token,
    "pipeline:quote-public-pdf": token,
    "pipeline:deal-restore": of("trashed"),
    "pipeline:deal-take-back": lambda w, whose: of("deal")(w, whose) | {"event": 1},
    "pipeline:deal-gate": lambda w, whose: of("deal")(w, whose) | {"stage": stage().pk},
    "pipeline:deal-person": lambda w, whose: of("deal")(w, whose) | {"lead": w.leads[whose].pk},
    "pipeline:deal-rival": lambda w, whose: (
        of("deal")(w, whose) | {"competitor": w.made["competitor"].pk}
    ),
    "pipeline:deal-file": of_paper,
    "pipeline:deal-file-remove": of_paper,
    "pipeline:deal-cell": lambda w, whose: of("deal")(w, whose) | {"column": "name"},
    "pipeline:deal-step-done": lambda world, whose: {
        "pk": world.made["deal"][whose].pk,
        "activity": world.made["step"][whose].pk,
    },
    **{f"pipeline:customer{name}": of("customer") for name in _OF_CUSTOMER},
    "pipeline:order-change": lambda w, whose: of("order")(w, whose) | {"verb": "cancel"},
    "api:customer": of("customer"),
    "api:order": of("order"),
    "api:subscription": of("subscription"),
    "pipeline:subscription-change": lambda w, whose: of("subscription")(w, whose) | {"verb": "end"},
    "pipeline:alike": lambda w, whose: (
        lead(w, whose) | {"kind": "lead", "shared": "country", "part": "won"}
    ),
    "pipeline:convert": lead,
    "pipeline:convert-preview": lead,
    "pipeline:unconvert": lead,
    "pipeline:of-lead": lead,
    "pipeline:objections-of-deal": of("deal"),
    "pipeline:negotiation": of("deal"),
    "pipeline:shares-of-deal": of("deal"),
    "pipeline:share-on-deal": of("deal"),
    "pipeline:shares-of-lead": lead,
    "pipeline:share-with-lead": lead,
    "pipeline:share-end": of("share"),
    "pipeline:collateral-rows": lambda w, whose: {"pk": w.made["collateral"].pk, "part": "shared"},
    "pipeline:concession-new": of("deal"),
    "pipeline:offer-use": of("deal"),
    "pipeline:concession": of("concession"),
    "pipeline:offer-drop": of("used_offer"),
    "pipeline:objection-of-deal": of("deal"),
    "pipeline:objections-of-lead": lead,
    "pipeline:objection-of-lead": lead,
    "pipeline:objection": of("objection"),
    "pipeline:playbook-rows": lambda w, whose: {"pk": w.made["objection_kind"].pk, "part": "heard"},
    "pipeline:of-company": lambda world, whose: {"pk": world.made["company"].pk},
    "pipeline:bulk-undo": lambda world, whose: (
        {"memory": deals.memory_of_act("owner", at=clock.now(), by=world.owners[whose])}
        if whose == "own"
        else None
    ),
    "pipeline:undo": lambda world, whose: (
        {
            "memory": deals.memory_of(
                world.made["deal"][whose], world.made["deal"][whose], world.owners[whose]
            )
        }
        if whose == "own"
        else None
    ),
    "pipeline:settings-pipeline": pipeline,
    "pipeline:settings-archive": pipeline,
    "pipeline:settings-stage-new": pipeline,
    "pipeline:settings-stage": one_stage,
    "pipeline:settings-stage-delete": one_stage,
    "pipeline:settings-stage-shift": lambda w, whose: {**one_stage(w, whose), "way": "down"},
}
for _slug, _name in (
    ("lost-reasons", "reason"), ("products", "product"), ("objection-kinds", "objection_kind"),
    ("objection-answers", "approved_answer"), ("competitors", "competitor"),
):  # fmt: skip
    EXAMPLES |= {f"pipeline:{_slug}-{part}": setting(_name) for part in ("edit", "archive")}
PAYLOADS = {
    "pipeline:deal-cell": lambda w, whose: {"value": "Other"},
    "pipeline:deal-move": lambda w, whose: {"stage": stage().pk, "version": 1},
    "pipeline:deal-closes": lambda w, whose: {"column": "undated"},
    "pipeline:deal-note": lambda w, whose: {"text": "Hello"},
    "pipeline:deal-person": lambda w, whose: {"role": "champion"},
    "pipeline:deal-rival": lambda w, whose: {"state": "out"},
}
