"""A lead's page says by what she came: channel, source and medium of the link, landing page, campaign."""

from leadflow.models import Campaign, Lead
from leadflow.services import engagement
from tests.factories.core import a_lead


def test_the_page_tells_source_medium_landing_and_campaign(client, alice, db):
    campaign = Campaign.objects.create(name="Spring roofs")
    lead = a_lead()
    Lead.objects.filter(pk=lead.pk).update(campaign=campaign)
    engagement.touch(
        lead=lead, source=None, utm={"utm_source": "linkedin", "utm_medium": "social"},
        landing="https://pages.north.example/p/roofs/",
    )  # fmt: skip
    client.force_login(alice)

    text = client.get(lead.get_absolute_url()).content.decode()

    assert "linkedin / social" in text
    assert "pages.north.example/p/roofs/" in text
    assert f'href="/campaigns/{campaign.pk}/"' in text
    assert "Social media" in text
