"""faker.js's commerce, hacker, image, internet, lorem, system, helpers and random words, as templates call them."""

from __future__ import annotations

import json
import mimetypes
import re
from typing import Any

from helpers.generator import faker_people as people
from helpers.generator import faker_tables as tables
from helpers.generator.functions import YEAR, near
from helpers.generator.language import (
    NOTHING,
    Builder,
    Context,
    Expression,
    Refused,
    constant,
    count_argument,
    integer,
    is_number,
    one_of,
    pattern,
    pick,
    picks,
    plain,
    splice,
    text_argument,
    words,
)

# Letters, digits and _ : what faker.js keeps of the printable characters.
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
AVATARS = 1000
KINDS = mimetypes.MimeTypes()  # Python's own, not those of the machine

department = pick(tables.DEPARTMENTS)
product_name = words(pick(tables.PRODUCT_ADJECTIVES), pick(tables.MATERIALS), pick(tables.PRODUCTS))
domain_suffix = pick(tables.DOMAIN_SUFFIXES)
protocol = pick(("http", "https"))
latin = pick(tables.LATIN)
_separator = pick((".", "_"))
_to_99 = pick([str(number) for number in range(100)])


def domain_word(context: Context) -> str:
    """A first name in small letters."""
    return people.first_name(context).lower()


domain_name = words(domain_word, domain_suffix, between=".")


def user_name(first: Expression = people.first_name, *behind: Expression) -> Expression:
    """Ann7, Ann_Smith or Ann.Smith7, and what follows."""
    last = people.last_name
    return one_of(
        (
            words(first, _to_99, *behind, between=""),
            words(first, _separator, last, *behind, between=""),
            words(first, _separator, last, _to_99, *behind, between=""),
        )
    )


def named(argument: Any) -> Expression:
    """The first name that a function is given, as far as an address can hold it, or any."""
    return people.first_name if argument is NOTHING else constant(re.sub(r"[^\w.-]+", "", splice(argument)))


def mail(domains: Expression) -> Builder:
    """An address; the argument is the first name."""
    return lambda argument: user_name(named(argument), constant("@"), domains)


def color(argument: Any) -> Expression:
    """A dark colour as #rrggbb; the argument (0 to 255) is mixed into the red."""
    red = count_argument(argument, 0, 255) or 0

    def expression(context: Context) -> str:
        parts = [(integer(context, 0, 255) + base) // 2 for base in (red, 0, 0)]
        return f"#{parts[0]:02x}{parts[1]:02x}{parts[2]:02x}"

    return expression


def password(argument: Any) -> Expression:
    """So many (15) letters, digits and underlines."""
    length = count_argument(argument, 15) or 15

    def expression(context: Context) -> str:
        draw = context.random
        return "".join([LETTERS[int(draw() * 63)] for _ in range(length)])

    return expression


def is_negative(argument: Any) -> bool:
    """Whether it is a number below 0."""
    return is_number(argument) and argument < 0


def picture(category: str | None) -> Builder:
    """The address of a picture that faker.js used to fetch; the argument is its width (640)."""

    def build(argument: Any) -> Expression:
        start = f"http://lorempixel.com/{count_argument(argument, 640, 100_000) or 640}/480"
        if category == "any":
            return pick([f"{start}/{name}" for name in tables.PICTURES])
        return constant(start if category is None else f"{start}/{category}")

    return build


avatar = pick([f"https://s3.amazonaws.com/uifaces/faces/twitter/user{number}/128.jpg" for number in range(AVATARS)])


def repeated(one: Expression, least: int, most: int, between: str = " ", more: int = 0) -> Builder:
    """So many of something: the argument, or anything from `least` to `most`; up to `more` on top of an argument."""

    def build(argument: Any) -> Expression:
        given = count_argument(argument, None)
        low, high = (least, most) if given is None else (given, given + more)
        return lambda context: between.join([one(context) for _ in range(integer(context, low, high))])

    return build


latin_words = repeated(latin, 3, 3)


def sentence(argument: Any) -> Expression:
    """Three to ten Latin words, or as many as the argument says, with a capital and a full stop."""
    given = count_argument(argument, None)
    low, high = (3, 10) if given is None else (given, given)

    def expression(context: Context) -> str:
        text = picks(tables.LATIN, context, integer(context, low, high))
        return f"{text[:1].upper()}{text[1:]}."

    return expression


# A record is one line: paragraphs and lines, which faker.js parts by line breaks, are parted by a space here.
sentences = repeated(sentence(NOTHING), 2, 6)
paragraph = repeated(sentence(NOTHING), 3, 6, more=3)
paragraphs = repeated(paragraph(NOTHING), 3, 3)
lines = repeated(sentence(NOTHING), 1, 5)
TEXTS: tuple[Builder, ...] = (plain(latin), latin_words, sentence, sentences, paragraph, paragraphs, lines)

PHRASES = (
    "If we {verb} the {noun}, we reach the {abbreviation} {noun} through the {adjective} {abbreviation} {noun}!",
    "We have to {verb} the {adjective} {abbreviation} {noun}!",
    "Try to {verb} the {abbreviation} {noun}, it may {verb} the {adjective} {noun}!",
    "You cannot {verb} the {noun} without {ingverb} the {adjective} {abbreviation} {noun}!",
    "The {abbreviation} {noun} is down, {verb} the {adjective} {noun} so that we can {verb} the {noun}!",
    "{ingverb} the {noun} will not help, we have to {verb} the {adjective} {abbreviation} {noun}!",
)
HACKER = {
    "abbreviation": pick(tables.ABBREVIATIONS),
    "adjective": pick(tables.HACKER_ADJECTIVES),
    "noun": pick(tables.HACKER_NOUNS),
    "verb": pick(tables.HACKER_VERBS),
    "ingverb": pick(tables.HACKER_ING),
}


def phrase(text: str) -> Expression:
    """A phrase with its blanks filled in."""
    parts = re.findall(r"[^{}]+", text)
    filled = words(*[HACKER.get(part) or constant(part) for part in parts], between="")
    return lambda context: (said := filled(context))[0].upper() + said[1:]


random_word = one_of(
    [
        department, product_name, pick(tables.COLORS), pick(tables.MATERIALS), pick(tables.PRODUCTS),
        pick(tables.CATCH_ADJECTIVES), pick(tables.CATCH_DESCRIPTORS), pick(tables.CATCH_NOUNS),
        pick(tables.BS_ADJECTIVES), pick(tables.BS_VERBS), pick(tables.BS_NOUNS), people.street_suffix,
        pick(tables.COUNTIES), pick(tables.COUNTRIES), pick(tables.STATES), people.account_name,
        people.transaction_type, pick(tables.CURRENCY_NAMES), *HACKER.values(),
        people.job_descriptor, people.job_area, people.job_type,
    ]
)  # fmt: skip
random_words = repeated(random_word, 1, 3)


def file_name(extension: Expression) -> Expression:
    """Random words in small letters, joined by underlines."""
    stem = random_words(NOTHING)
    return lambda context: f"{re.sub(r'[^a-z0-9]+', '_', stem(context).lower()).strip('_')}.{extension(context)}"


def extension(argument: Any) -> Expression:
    """A file's extension; one of those of a MIME type such as image/png if that is given."""
    of_type = KINDS.guess_all_extensions(text_argument(argument, ""))
    return pick([dotted[1:] for dotted in of_type] or tables.EXTENSIONS)


def path(context: Context) -> str:
    """A directory; faker.js 3.1 says undefined."""
    return "/" + "/".join([latin(context) for _ in range(integer(context, 2, 4))])


def slugify(argument: Any) -> Expression:
    """Blanks become dashes, everything odd goes."""
    return constant(re.sub(r"[^\w.-]+", "", text_argument(argument, "").replace(" ", "-"), flags=re.ASCII))


def shuffle(argument: Any) -> Expression:
    """A list in any order, joined by commas."""
    items = ["a", "b", "c"] if argument is NOTHING else argument
    if not isinstance(items, list):
        raise Refused('takes a list, such as ["a", "b", "c"]')

    def expression(context: Context) -> str:
        left, mixed = list(items), []
        while left:
            mixed.append(left.pop(int(context.random() * len(left))))
        return splice(mixed)

    return expression


def card(*fields: tuple[str, Any]) -> Expression:
    """An object as JSON (faker.js says [object Object]); a field is an expression, a card or a list of them."""

    def value(field: Any, context: Context) -> Any:
        if isinstance(field, tuple):
            return {name: value(inner, context) for name, inner in field}
        if isinstance(field, list):
            return [value(inner, context) for inner in field]
        return field(context)

    return lambda context: json.dumps(value(fields, context), ensure_ascii=False)


_geo = (("lat", people.latitude), ("lng", people.longitude))
_suite = (
    ("street", people.street_name), ("suite", people.secondary_address), ("city", people.city),
    ("zipcode", one_of(people.POSTCODES)), ("geo", _geo),
)  # fmt: skip
_company = (("name", people.company_name), ("catchPhrase", people.catch_phrase), ("bs", people.bs))
_contact = (("phone", people.phone_number), ("website", domain_name), ("company", _company))
_mail = mail(pick(tables.FREE_MAIL))(NOTHING)
_full_address = (
    ("streetA", people.street_name), ("streetB", people.street_address), ("streetC", people.full_address(True)),
    ("streetD", people.secondary_address), ("city", people.city), ("state", pick(tables.STATES)),
    ("country", pick(tables.COUNTRIES)), ("zipcode", one_of(people.POSTCODES)), ("geo", _geo),
)  # fmt: skip
_post = (
    ("words", latin_words(NOTHING)), ("sentence", sentence(NOTHING)), ("sentences", sentences(NOTHING)),
    ("paragraph", paragraph(NOTHING)),
)  # fmt: skip
_transaction = (
    ("amount", people.amount(NOTHING)), ("date", near(YEAR, -1)(NOTHING)), ("business", people.company_name),
    ("name", words(people.account_name, pattern("####"))), ("type", people.transaction_type),
    ("account", pattern("########")),
)  # fmt: skip
_who = (("name", people.find_name), ("username", user_name()), ("email", _mail))
_card = card(
    *_who, ("address", _full_address), *_contact, ("posts", [_post] * 3), ("accountHistory", [_transaction] * 3)
)
_contextual_card = card(
    ("name", people.first_name), ("username", user_name()), ("avatar", avatar), ("email", _mail),
    ("dob", near(YEAR, -1)(50)), ("phone", people.phone_number), ("address", _suite), *_contact[1:],
)  # fmt: skip

FUNCTIONS: dict[str, Builder] = {
    "commerce.color": plain(pick(tables.COLORS)),
    "commerce.department": plain(department),
    "commerce.productName": plain(product_name),
    "commerce.price": lambda argument: constant("0") if is_negative(argument) else people.amount(argument),
    "commerce.productAdjective": plain(pick(tables.PRODUCT_ADJECTIVES)),
    "commerce.productMaterial": plain(pick(tables.MATERIALS)),
    "commerce.product": plain(pick(tables.PRODUCTS)),
    **{f"hacker.{name}": plain(expression) for name, expression in HACKER.items()},
    "hacker.phrase": plain(one_of([phrase(text) for text in PHRASES])),
    "image.image": picture("any"),
    "image.avatar": plain(avatar),
    "image.imageUrl": picture(None),
    **{f"image.{name}": picture(name) for name in tables.PICTURES},
    "internet.avatar": plain(avatar),
    "internet.email": mail(pick(tables.FREE_MAIL)),
    "internet.exampleEmail": mail(pick(tables.EXAMPLE_MAIL)),
    "internet.session": plain(lambda context: str(integer(context, 1007199254740991, 9007199254740990))),
    "internet.userName": lambda argument: user_name(named(argument)),
    "internet.protocol": plain(protocol),
    "internet.url": plain(words(protocol, domain_name, between="://")),
    "internet.domainName": plain(domain_name),
    "internet.domainSuffix": plain(domain_suffix),
    "internet.domainWord": plain(domain_word),
    "internet.ip": plain(words(*[pick([str(byte) for byte in range(256)])] * 4, between=".")),
    "internet.userAgent": lambda argument: pick(tables.user_agents()),
    "internet.color": color,
    "internet.mac": plain(words(*[pick([f"{byte:02x}" for byte in range(256)])] * 6, between=":")),
    "internet.password": password,
    "lorem.word": plain(latin),
    "lorem.words": latin_words,
    "lorem.sentence": sentence,
    "lorem.sentences": sentences,
    "lorem.paragraph": paragraph,
    "lorem.paragraphs": paragraphs,
    "lorem.text": plain(one_of([build(NOTHING) for build in TEXTS])),
    "lorem.lines": lines,
    "system.fileName": plain(file_name(pick(tables.EXTENSIONS))),
    "system.commonFileName": lambda argument: file_name(
        pick(tables.COMMON_EXTENSIONS) if argument is NOTHING else constant(splice(argument))
    ),
    "system.mimeType": plain(pick(tables.MIME_TYPES)),
    "system.commonFileType": plain(pick(tables.COMMON_TYPES)),
    "system.commonFileExt": plain(pick(tables.COMMON_EXTENSIONS)),
    "system.fileType": plain(pick(tables.FILE_TYPES)),
    "system.fileExt": extension,
    "system.directoryPath": plain(path),
    "system.filePath": plain(words(path, file_name(pick(tables.COMMON_EXTENSIONS)), between="/")),
    "system.semver": plain(words(*[pattern("#")] * 3, between=".")),
    "random.word": plain(random_word),
    "random.words": random_words,
    "random.image": picture("any"),
    "random.locale": plain(pick(tables.LOCALES)),
    "helpers.slugify": slugify,
    "helpers.replaceSymbolWithNumber": lambda argument: pattern(text_argument(argument, "")),
    "helpers.replaceSymbols": lambda argument: people.symbols(text_argument(argument, "")),
    "helpers.shuffle": shuffle,
    "helpers.mustache": lambda argument: constant(text_argument(argument, "")),
    "helpers.createCard": plain(_card),
    "helpers.contextualCard": plain(_contextual_card),
    "helpers.userCard": plain(card(*_who, ("address", _suite), *_contact)),
    "helpers.createTransaction": plain(card(*_transaction)),
}
