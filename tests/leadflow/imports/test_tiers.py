"""Target companies come with a file."""

from leadflow.models import Company


def test_a_file_brings_the_tier_of_companies_by_its_name_or_number(bring):
    bring("company", "Name,Target tier\nAcme,Tier 1\nBeta,2\nGamma,\n")

    tiers = dict(Company.objects.values_list("name", "tier"))
    assert tiers == {"Acme": "1", "Beta": "2", "Gamma": ""}
