"""What the reps of the demo found out before they called: checklists ticked, and notes of research."""

from datetime import timedelta

from leadflow.demo.telling import DEMO, Story
from leadflow.models import Company, Lead, LeadStage, Note, ResearchItem
from leadflow.services import notes, research
from leadflow.services.research import About

_FOUND = {
    "Website read": ("Builds halls for farms, two sites.", "New hall in spring.", ""),
    "Who decides is known": ("The managing director, with her brother.", ""),
    "Present supplier known": ("Buys from Solarwerk since 2021.", "None so far.", ""),
    "Signs of a budget": ("A grant for 40 % of the roof.", "Tender out in May.", ""),
    "News of the last months": ("Took over a competitor.", ""),
    "Profile looked at": ("Came from a customer of ours.", ""),
    "Her say in the purchase known": ("Prepares, her director signs.", ""),
    "What she wants solved": ("The power bill of the cold store.", ""),
    "Somebody you both know": ("Anna of Noordwind.", ""),
}
_LEARNED = (
    "Their annual report names energy as the second largest cost. They want to halve it in three years.",
    "Job offers for an energy manager since last month: somebody will own the topic.",
    "The roof of the main hall was renewed in 2022, so it carries.",
)


def tell(story: Story) -> None:
    """Of targets most is known, of qualified leads some."""
    items = {
        subject: list(ResearchItem.objects.filter(subject=subject, is_archived=False))
        for subject in ResearchItem.Subject
    }
    targets = Company.objects.living().filter(origin=DEMO).exclude(tier="").select_related("owner")
    for company in targets.order_by("pk"):
        _dig(story, company, items[ResearchItem.Subject.COMPANY], 0.6)
        if story.dice.random() < 0.4:
            _note(story, company)
    qualified = Lead.objects.living().active().filter(origin=DEMO).exclude(owner=None)
    qualified = qualified.in_stage(LeadStage.SAL, LeadStage.SQL).select_related("owner")
    for lead in qualified.order_by("pk")[:60]:
        _dig(story, lead, items[ResearchItem.Subject.LEAD], 0.45)


def _dig(story: Story, about: About, items: list[ResearchItem], share: float) -> None:
    for item in items:
        if story.dice.random() < share:
            found = story.dice.choice(_FOUND.get(item.label, ("",)))
            at = story.end - timedelta(hours=story.dice.randint(5, 500))
            by = about.owner or story.cast.reps[0]
            research.check(item=item, about=about, note=found, by=by, at=at, origin=DEMO)


def _note(story: Story, company: Company) -> None:
    at = story.end - timedelta(hours=story.dice.randint(5, 500))
    by = company.owner or story.cast.reps[0]
    words = story.dice.choice(_LEARNED)
    notes.add(text=words, company=company, kind=Note.Kind.RESEARCH, by=by, at=at, origin=DEMO)
