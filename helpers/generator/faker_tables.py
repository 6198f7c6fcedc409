"""The words that faker.js's functions draw from: the Faker library's where it has them, small tables of our own else.

Loading this imports parts of the Faker library, so only a template that asks for such a function does.
Every list is sorted or fixed, so that a seed gives the same records with the same release of Faker.
"""

from __future__ import annotations

from functools import cache

from faker import Faker
from faker.providers.address import Provider as Address
from faker.providers.address.en import Provider as Countries
from faker.providers.address.en_US import Provider as AmericanAddress
from faker.providers.company import Provider as Company
from faker.providers.currency import Provider as Currency
from faker.providers.file import Provider as File
from faker.providers.internet import Provider as Internet
from faker.providers.lorem.la import Provider as Latin
from faker.providers.person.en_US import Provider as Person

USER_AGENTS = 500

FIRST_NAMES = tuple(Person.first_names)
LAST_NAMES = tuple(Person.last_names)
PREFIXES = ("Mr.", "Mrs.", "Ms.", "Miss", "Dr.")
SUFFIXES = ("Jr.", "Sr.", "I", "II", "III", "IV", "V", "MD", "DDS", "PhD", "DVM")
JOB_DESCRIPTORS = (
    "Lead", "Senior", "Junior", "Principal", "Chief", "Regional", "National", "Global", "Corporate", "Central",
    "Assistant", "Associate", "District", "Internal", "Future", "Customer",
)  # fmt: skip
JOB_AREAS = (
    "Accounts", "Branding", "Communications", "Data", "Finance", "Infrastructure", "Integration", "Marketing",
    "Mobility", "Operations", "Quality", "Research", "Security", "Solutions", "Tactics", "Usability", "Web",
)  # fmt: skip
JOB_TYPES = (
    "Administrator", "Agent", "Analyst", "Architect", "Consultant", "Coordinator", "Designer", "Developer",
    "Director", "Engineer", "Facilitator", "Manager", "Officer", "Planner", "Specialist", "Supervisor", "Technician",
)  # fmt: skip

CITY_PREFIXES = tuple(AmericanAddress.city_prefixes)
CITY_SUFFIXES = tuple(AmericanAddress.city_suffixes)
STREET_SUFFIXES = tuple(AmericanAddress.street_suffixes)
COUNTRIES = tuple(Countries.countries)
COUNTRY_CODES = tuple(Address.alpha_2_country_codes)
STATES = tuple(AmericanAddress.states)
STATE_CODES = tuple(AmericanAddress.states_abbr)
COUNTIES = ("Avon", "Bedfordshire", "Berkshire", "Borders", "Buckinghamshire", "Cambridgeshire")
PHONES = tuple(
    f"{before}{number}{extension}"
    for extension in ("", " x###", " x####", " x#####")
    for before, number in (
        ("", "###-###-####"), ("", "(###) ###-####"), ("1-", "###-###-####"), ("", "###.###.####"),
        ("1-", "(###) ###-####"),
    )
)  # fmt: skip

COMPANY_SUFFIXES = ("Inc", "and Sons", "LLC", "Group")
CATCH_ADJECTIVES, CATCH_DESCRIPTORS, CATCH_NOUNS = map(tuple, Company.catch_phrase_words)
BS_VERBS, BS_ADJECTIVES, BS_NOUNS = map(tuple, Company.bsWords)

ACCOUNTS = (
    "Checking", "Savings", "Money Market", "Investment", "Home Loan", "Credit Card", "Auto Loan", "Personal Loan",
)  # fmt: skip
TRANSACTIONS = ("deposit", "withdrawal", "payment", "invoice")
CURRENCY_CODES = tuple(code for code, _ in Currency.currencies)
CURRENCY_NAMES = tuple(name for _, name in Currency.currencies)
CURRENCY_SYMBOLS = tuple(dict.fromkeys(Currency.currency_symbols[code] for code in CURRENCY_CODES))

COLORS = (
    "red", "orange", "yellow", "green", "blue", "violet", "purple", "pink", "magenta", "cyan", "turquoise", "teal",
    "olive", "lime", "indigo", "ivory", "gold", "silver", "grey", "black", "white", "brown", "tan", "maroon",
    "salmon", "plum", "lavender", "orchid", "azure", "sky blue", "mint green",
)  # fmt: skip
DEPARTMENTS = (
    "Automotive", "Baby", "Beauty", "Books", "Clothing", "Computers", "Electronics", "Games", "Garden", "Grocery",
    "Health", "Home", "Industrial", "Jewelery", "Kids", "Movies", "Music", "Outdoors", "Shoes", "Sports", "Tools",
    "Toys",
)  # fmt: skip
PRODUCT_ADJECTIVES = (
    "Awesome", "Fantastic", "Generic", "Gorgeous", "Handmade", "Incredible", "Intelligent", "Licensed", "Practical",
    "Refined", "Rustic", "Sleek", "Small", "Tasty", "Unbranded",
)  # fmt: skip
MATERIALS = (
    "Concrete",
    "Cotton",
    "Fresh",
    "Frozen",
    "Granite",
    "Metal",
    "Plastic",
    "Rubber",
    "Soft",
    "Steel",
    "Wooden",
)
PRODUCTS = (
    "Bacon", "Ball", "Bike", "Car", "Chair", "Cheese", "Chicken", "Chips", "Computer", "Fish", "Gloves", "Hat",
    "Keyboard", "Mouse", "Pants", "Pizza", "Salad", "Sausages", "Shirt", "Shoes", "Soap", "Table", "Towels", "Tuna",
)  # fmt: skip

ABBREVIATIONS = (
    "API", "CPU", "CSS", "DNS", "FTP", "GPU", "HTTP", "IP", "JSON", "PCI", "RAM", "SMTP", "SQL", "SSD", "SSL", "TCP",
    "UDP", "USB", "XML", "XSS",
)  # fmt: skip
HACKER_ADJECTIVES = (
    "auxiliary", "back-end", "bluetooth", "cross-platform", "digital", "haptic", "mobile", "multi-byte", "neural",
    "online", "open-source", "optical", "primary", "redundant", "solid state", "virtual", "wireless",
)  # fmt: skip
HACKER_NOUNS = (
    "alarm", "application", "array", "bandwidth", "bus", "capacitor", "card", "circuit", "driver", "feed", "firewall",
    "hard drive", "interface", "matrix", "microchip", "monitor", "panel", "pixel", "port", "program", "protocol",
    "sensor", "system", "transmitter",
)  # fmt: skip
HACKER_VERBS = (
    "back up", "bypass", "calculate", "compress", "connect", "copy", "generate", "hack", "index", "input", "navigate",
    "override", "parse", "program", "quantify", "reboot", "synthesize", "transmit",
)  # fmt: skip
HACKER_ING = (
    "backing up", "bypassing", "calculating", "compressing", "connecting", "copying", "generating", "hacking",
    "indexing", "navigating", "overriding", "parsing", "programming", "quantifying", "synthesizing", "transmitting",
)  # fmt: skip

LATIN = tuple(Latin.word_list)
DOMAIN_SUFFIXES = ("com", "biz", "info", "name", "net", "org")
FREE_MAIL = tuple(Internet.free_email_domains)
EXAMPLE_MAIL = tuple(Internet.safe_domain_names)
PICTURES = (
    "abstract", "animals", "business", "cats", "city", "food", "nightlife", "fashion", "people", "nature", "sports",
    "technics", "transport",
)  # fmt: skip
LOCALES = (
    "de", "de_AT", "de_CH", "en", "en_AU", "en_CA", "en_GB", "en_IE", "en_IND", "en_US", "es", "es_MX", "fa", "fr",
    "fr_CA", "it", "ja", "ko", "nb_NO", "nl", "pl", "pt_BR", "ru", "sk", "sv", "tr", "uk", "vi", "zh_CN", "zh_TW",
)  # fmt: skip

MIME_TYPES = tuple(kind for kinds in File.mime_types.values() for kind in kinds)
FILE_TYPES = tuple(File.mime_types)
EXTENSIONS = tuple(dict.fromkeys(extension for kinds in File.file_extensions.values() for extension in kinds))
COMMON_EXTENSIONS = ("pdf", "mpga", "wav", "png", "jpeg", "gif", "mp4", "mpeg", "html")
COMMON_TYPES = ("video", "audio", "image", "text", "application")


@cache
def user_agents() -> tuple[str, ...]:
    """Browsers as the Faker library makes them up: a fixed five hundred, since each takes it a while."""
    library = Faker("en_US")
    library.seed_instance(7)
    return tuple(library.user_agent() for _ in range(USER_AGENTS))
