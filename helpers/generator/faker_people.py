"""faker.js's name, address, phone, company and finance, as the KDG's templates call them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from helpers.generator import faker_tables as tables
from helpers.generator.language import (
    NOTHING,
    Builder,
    Context,
    Expression,
    Refused,
    constant,
    count_argument,
    is_number,
    one_of,
    options_argument,
    pattern,
    pick,
    plain,
    splice,
    text_argument,
    words,
)

EARTH = 6378.137  # kilometres
LARGEST = 1000  # what finance.amount and commerce.price go up to
MILE = 0.621371  # faker.js takes a mile for so many kilometres

first_name = pick(tables.FIRST_NAMES)
last_name = pick(tables.LAST_NAMES)
job_descriptor, job_area, job_type = pick(tables.JOB_DESCRIPTORS), pick(tables.JOB_AREAS), pick(tables.JOB_TYPES)
job_title = words(job_descriptor, job_area, job_type)
find_name = one_of(  # one in nine with a prefix, one with a suffix
    (
        words(pick(tables.PREFIXES), first_name, last_name),
        words(first_name, last_name, pick(tables.SUFFIXES)),
        *[words(first_name, last_name)] * 7,
    )
)

city_prefix, city_suffix = pick(tables.CITY_PREFIXES), pick(tables.CITY_SUFFIXES)
CITIES = (
    words(city_prefix, constant(" "), first_name, city_suffix, between=""),
    words(city_prefix, first_name),
    words(first_name, city_suffix, between=""),
    words(last_name, city_suffix, between=""),
)
city = one_of(CITIES)
street_suffix = pick(tables.STREET_SUFFIXES)
STREETS = (words(first_name, street_suffix), words(last_name, street_suffix))
street_name = one_of(STREETS)
street_address = one_of([words(pattern("#" * digits), street) for digits in (5, 4, 3) for street in STREETS])
secondary_address = one_of([pattern("Apt. ###"), pattern("Suite ###")])
POSTCODES = (pattern("#####"), pattern("#####-####"))
phone_number = one_of([pattern(form) for form in tables.PHONES])

company_suffix = pick(tables.COMPANY_SUFFIXES)
COMPANIES = (
    words(last_name, company_suffix),
    words(last_name, last_name, between=" - "),
    words(last_name, constant(", "), last_name, constant(" and "), last_name, between=""),
)
company_name = one_of(COMPANIES)
catch_phrase = words(pick(tables.CATCH_ADJECTIVES), pick(tables.CATCH_DESCRIPTORS), pick(tables.CATCH_NOUNS))
bs = words(pick(tables.BS_ADJECTIVES), pick(tables.BS_VERBS), pick(tables.BS_NOUNS))

account_name = words(pick(tables.ACCOUNTS), constant("Account"))
transaction_type = pick(tables.TRANSACTIONS)


def angle(limit: int) -> Expression:
    """Degrees from -limit to limit, with four decimals."""
    return lambda context: f"{context.random() * 2 * limit - limit:.4f}"


latitude, longitude = angle(90), angle(180)


def numbered(expressions: Sequence[Expression]) -> Builder:
    """A function whose argument chooses among its forms; without one, any."""
    count = len(expressions)

    def build(argument: Any) -> Expression:
        return expressions[count_argument(argument, 0, count - 1) or 0] if is_number(argument) else one_of(expressions)

    return build


def zip_code(argument: Any) -> Expression:
    """A postal code; # of a format is a digit, ? a letter."""
    return one_of(POSTCODES) if argument is NOTHING else symbols(splice(argument))


def symbols(form: str) -> Expression:
    """`form` with a digit for each # and a capital letter for each ?."""
    digits = pattern(form)

    def expression(context: Context) -> str:
        return "".join([chr(65 + int(context.random() * 26)) if c == "?" else c for c in digits(context)])

    return expression if "?" in form else digits


def full_address(argument: Any) -> Expression:
    """House number and street; true for the apartment too."""
    return street_address if argument is NOTHING or not argument else words(street_address, secondary_address)


def nearby(argument: Any) -> Expression:
    """A point at `radius` (10) miles, kilometres if isMetric, from `coordinate`; latitude,longitude."""
    options = options_argument(argument, '{"coordinate": [52.5, 13.4], "radius": 5, "isMetric": true}')
    centre, radius = options.get("coordinate"), options.get("radius") or 10.0
    if centre is not None and not (isinstance(centre, list) and len(centre) == 2 and all(map(is_number, centre))):
        raise Refused("coordinate must be a list of latitude and longitude in degrees")
    if not is_number(radius):
        raise Refused(f"radius must be a number, not {splice(radius)}")
    far = radius * (1 if options.get("isMetric") else MILE) / EARTH

    def expression(context: Context) -> str:
        where = centre or [float(latitude(context)), float(longitude(context))]
        lat, lon, bearing = math.radians(where[0]), math.radians(where[1]), context.random() * 2 * math.pi
        sine = math.sin(lat) * math.cos(far) + math.cos(lat) * math.sin(far) * math.cos(bearing)
        east = math.atan2(math.sin(bearing) * math.sin(far) * math.cos(lat), math.cos(far) - math.sin(lat) * sine)
        degrees = (math.degrees(lon + east) + 180) % 360 - 180
        return f"{math.degrees(math.asin(max(-1.0, min(1.0, sine)))):.4f},{degrees:.4f}"

    return expression


def phone(argument: Any) -> Expression:
    """A telephone number, of a format with # if one is given."""
    return phone_number if argument is NOTHING else pattern(splice(argument))


def phone_format(argument: Any) -> Expression:
    """A telephone number of the format of that number, 0 unless given."""
    return pattern(tables.PHONES[count_argument(argument, 0, len(tables.PHONES) - 1) or 0])


def digits(default: int) -> Builder:
    """So many digits."""
    return lambda argument: pattern("#" * (count_argument(argument, default) or default))


def amount(argument: Any) -> Expression:
    """An amount of money from the argument (0) to 1000; faker.js's cents are always 00, these are not."""
    try:
        low = float(text_argument(argument, "0"))
    except ValueError:
        raise Refused(f"takes the least amount, not {splice(argument)}") from None
    if not low <= LARGEST:
        raise Refused(f"takes an amount up to {LARGEST}, not {splice(argument)}")
    first = round(low * 100)
    count = LARGEST * 100 - first + 1
    return lambda context: f"{(first + int(context.random() * count)) / 100:.2f}"


def bitcoin(context: Context) -> str:
    """Something that looks like an address: 1 or 3, then 26 to 33 capitals and digits."""
    draw = context.random
    length = 26 + int(draw() * 8)
    return "13"[int(draw() * 2)] + "".join([CAPITALS[int(draw() * 36)] for _ in range(length)])


CAPITALS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

FUNCTIONS: dict[str, Builder] = {
    "name.firstName": plain(first_name),
    "name.lastName": plain(last_name),
    "name.findName": plain(find_name),
    "name.prefix": plain(pick(tables.PREFIXES)),
    "name.suffix": plain(pick(tables.SUFFIXES)),
    "name.title": plain(job_title),
    "name.jobTitle": plain(job_title),
    "name.jobDescriptor": plain(job_descriptor),
    "name.jobArea": plain(job_area),
    "name.jobType": plain(job_type),
    "address.zipCode": zip_code,
    "address.city": numbered(CITIES),
    "address.cityPrefix": plain(city_prefix),
    "address.citySuffix": plain(city_suffix),
    "address.streetName": plain(street_name),
    "address.streetAddress": full_address,
    "address.streetSuffix": plain(street_suffix),
    "address.streetPrefix": plain(pick(("North", "East", "South", "West"))),  # faker.js has none, and says a, b or c
    "address.secondaryAddress": plain(secondary_address),
    "address.county": plain(pick(tables.COUNTIES)),
    "address.country": plain(pick(tables.COUNTRIES)),
    "address.countryCode": plain(pick(tables.COUNTRY_CODES)),
    "address.state": plain(pick(tables.STATES)),
    "address.stateAbbr": plain(pick(tables.STATE_CODES)),
    "address.latitude": plain(latitude),
    "address.longitude": plain(longitude),
    "address.nearbyGPSCoordinate": nearby,
    "phone.phoneNumber": phone,
    "phone.phoneNumberFormat": phone_format,
    "phone.phoneFormats": plain(pick(tables.PHONES)),
    "company.suffixes": plain(constant(",".join(tables.COMPANY_SUFFIXES))),
    "company.companyName": numbered(COMPANIES),
    "company.companySuffix": plain(company_suffix),
    "company.catchPhrase": plain(catch_phrase),
    "company.bs": plain(bs),
    "company.catchPhraseAdjective": plain(pick(tables.CATCH_ADJECTIVES)),
    "company.catchPhraseDescriptor": plain(pick(tables.CATCH_DESCRIPTORS)),
    "company.catchPhraseNoun": plain(pick(tables.CATCH_NOUNS)),
    "company.bsAdjective": plain(pick(tables.BS_ADJECTIVES)),
    "company.bsBuzz": plain(pick(tables.BS_VERBS)),
    "company.bsNoun": plain(pick(tables.BS_NOUNS)),
    "finance.account": digits(8),
    "finance.accountName": plain(account_name),
    "finance.mask": digits(4),
    "finance.amount": amount,
    "finance.transactionType": plain(transaction_type),
    "finance.currencyCode": plain(pick(tables.CURRENCY_CODES)),
    "finance.currencyName": plain(pick(tables.CURRENCY_NAMES)),
    "finance.currencySymbol": plain(pick(tables.CURRENCY_SYMBOLS)),
    "finance.bitcoinAddress": plain(bitcoin),
}
