"""Made-up people at made-up companies; every address ends in `.example`."""

from dataclasses import dataclass
from random import Random

from leadflow.kit.text import search_text

_PLACES = {
    "NL": (["Anneke", "Bram", "Sanne", "Joris", "Femke", "Daan"], ["de Vries", "Peeters", "Bakker", "Visser", "Smit"], "+31205550", "Amsterdam"),
    "DE": (["Lena", "Oskar", "Tobias", "Katrin", "Jonas", "Ute"], ["Hofmann", "Brandt", "Frank", "Keller", "Schäfer"], "+493023125", "Berlin"),
    "FR": (["Camille", "Marc", "Élodie", "Julien", "Inès"], ["Fournier", "Delacroix", "Moreau", "Lefèvre", "Brun"], "+33199001", "Lyon"),
    "SE": (["Jonas", "Elin", "Oskar", "Sara", "Nils"], ["Lindqvist", "Berg", "Nyström", "Holm", "Sjöberg"], "", "Malmö"),
    "FI": (["Hanna", "Mikko", "Aino", "Jari"], ["Lehtonen", "Virtanen", "Mäkelä", "Salo"], "", "Tampere"),
    "PL": (["Piotr", "Łukasz", "Zofia", "Agnieszka"], ["Wójcik", "Kowalska", "Zieliński", "Mazur"], "", "Zabrze"),
    "IT": (["Giulia", "Luca", "Chiara", "Matteo"], ["Ferrante", "Bianchi", "Ricci", "Conti"], "", "Parma"),
    "GB": (["Ruth", "Aoife", "Samir", "Nora", "Graham"], ["Adeyemi", "Brennan", "Haddad", "Quinn", "Price"], "+442079460", "Leeds"),
}  # fmt: skip
_TRADES = (
    ("Foods", "Food production"), ("Logistics", "Logistics"), ("Ceramics", "Building materials"),
    ("Cold Storage", "Logistics"), ("Joinery", "Furniture"), ("Dairy", "Food production"),
    ("Packaging", "Packaging"), ("Textiles", "Textiles"), ("Printworks", "Printing"),
    ("Timber", "Forestry"), ("Mills", "Food production"), ("Hospital", "Health care"),
)  # fmt: skip
_TITLES = (
    ("Managing Director", "chief", 8), ("Owner", "owner", 8), ("VP Operations", "vp", 10),
    ("Operations Director", "director", 12), ("Facility Manager", "manager", 20),
    ("Energy Manager", "manager", 16), ("Buyer", "staff", 12), ("Engineer", "staff", 10),
    ("Student", "", 4),
)  # fmt: skip
_ROOTS = (
    "Kessler", "Nordhaven", "Oakridge", "Anadolu", "Hollis", "Delta", "Lakeside", "Baltic", "Atlas",
    "Verre", "Hofland", "Peeters", "Lehto", "Metalex", "Harbour", "Silver", "Juniper", "Orion",
    "Polder", "Granite", "Meadow", "Bergen", "Falcon", "Saffron", "Willow", "Cobalt", "Aurora",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody who will come by."""

    first_name: str
    last_name: str
    email: str
    phone: str
    title: str
    seniority: str
    company: str
    industry: str
    size: int
    country: str
    city: str


def person(dice: Random, number: int) -> Person:
    """One person; the same dice give the same people."""
    country = dice.choice(sorted(_PLACES))
    firsts, lasts, prefix, city = _PLACES[country]
    first, last = dice.choice(firsts), dice.choice(lasts)
    trade, industry = dice.choice(_TRADES)
    company = f"{dice.choice(_ROOTS)} {trade}"
    title, seniority, _weight = dice.choices(_TITLES, weights=[t[2] for t in _TITLES])[0]
    handle = search_text(f"{first}.{last}").replace(" ", "").replace("ł", "l")
    domain = search_text(company).replace(" ", "-")
    return Person(
        first_name=first,
        last_name=last,
        email=f"{handle}{number}@{domain}.example",
        phone=f"{prefix}{100 + number % 900}" if prefix and dice.random() < 0.8 else "",
        title=title,
        seniority=seniority,
        company=company,
        industry=industry,
        size=int(10 ** dice.uniform(0.8, 3.2)),
        country=country,
        city=city,
    )
