"""Finding personal data and secrets in a text: own patterns, checksums, no lookup anywhere.

Text is folded first (NFKC, format characters out), so full-width digits and zero-width characters
hide nothing, and what is written in base64 is read as well.
"""

import base64
import binascii
import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_SCANNED = 262_144
_MAX_RUN = 65_536
_MAX_DIGITS = 200

# Length of an IBAN by country (SWIFT IBAN registry).
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "NO",
        "16": "BE",
        "18": "DK FI FO GL NL",
        "19": "MK SI",
        "20": "AT BA EE KZ LT LU XK",
        "21": "CH HR LI LV",
        "22": "BG BH CR DE GB GE IE ME RS VA",
        "23": "AE GI IL IQ TL",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG",
        "25": "LY PT ST",
        "26": "IS TR",
        "27": "FR GR IT MC MR SM",
        "28": "AL AZ BY CY DO GT HU LB PL SV",
        "29": "BR EG PS QA UA",
        "30": "JO KW MU",
        "31": "MT SC",
        "32": "LC",
    }.items()
    for country in countries.split()
}

# Longest first, by how a number begins (ISO/IEC 7812 ranges of the large schemes).
_CARD_LENGTHS = tuple(
    (re.compile(prefix), lengths)
    for prefix, lengths in (
        ("4", (19, 16, 13)),
        ("3[47]", (15,)),
        ("5[1-5]|2[2-7]", (16,)),
        ("30[0-5]|3[689]", (19, 16, 14)),
        ("35|6|5[06-8]", (19, 18, 17, 16)),
    )
)

_DIGIT_RUN = re.compile(r"(?<![\w+])\d(?:[ -]?\d){12,}+")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,34}")
_EMAIL = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}(?=[\w-]*[^\W\d_])[\w-]{2,63}"
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\w)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{6,39}(?![\w:])")
_SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_NINO = re.compile(
    r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r" ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"
)
_PHONE = re.compile(
    r"(?<![\w+])\+\d{1,3}(?:[ .()-]{0,2}\d){6,13}(?!\d)"
    r"|(?<![\w(])\(\d{2,5}\)[ -]?\d{3,4}[ -]\d{3,4}(?: ?(?:ext|x)\.? ?\d{1,6})?(?!\d)"
    r"|(?<![\w.-])\d{3}-\d{3}-\d{4}(?![\w-])"
)
_BITCOIN = re.compile(r"\b[13][1-9A-HJ-NP-Za-km-z]{25,34}\b")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,}={0,2}")

PERSONAL = {
    "card": "card number",
    "iban": "IBAN",
    "email": "e-mail address",
    "ssn": "US social security number",
    "nino": "UK national insurance number",
    "phone": "telephone number",
    "ip_address": "IP address",
    "bitcoin": "bitcoin address",
}
SECRETS = {
    "private_key": "private key",
    "aws_key": "AWS key",
    "github_token": "GitHub token",
    "slack_token": "Slack token",
    "stripe_key": "Stripe key",
    "model_key": "key of a model provider",
    "json_web_token": "JSON web token",
    "basic_auth": "password in an address",
    "password": "password or secret by its name",
}
_SECRET_PATTERNS = {
    "private_key": re.compile(r"-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY-----"),
    "aws_key": re.compile(
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"
        r"|(?i:\baws[\w-]{0,40}\s{0,3}[:=]\s{0,3}[\"'])[0-9A-Za-z/+]{40}(?=[\"'])"
    ),
    "github_token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,255})\b"),
    "slack_token": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,200}"),
    "stripe_key": re.compile(r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{24,200}"),
    "model_key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,200}"),
    "json_web_token": re.compile(r"\beyJ[\w-]{8,4096}+\.[\w-]{8,4096}+\.[\w-]{8,4096}+"),
    "basic_auth": re.compile(r"://[^\s:/@]{1,100}:[^\s:/@]{1,100}@"),
}
_NAMED = re.compile(
    r"(?i)(?:password|passwd|pwd|secret|api[_-]?key|token)[\w-]{0,40}[\"']?\s{0,3}[:=]\s{0,3}"
    r"(?:[\"']([^\"'\s]{6,200})[\"']|([^\s\"',;]{8,200}))"
)
_LETTER_AND_DIGIT = re.compile(r"(?=.*[A-Za-z])(?=.*\d)")


@dataclass(frozen=True, slots=True)
class Entity:
    """One find: its kind, its place in the folded text (-1 when it was decoded), its value.

    `value` is what two spellings of the same thing share: digits only, case folded.
    """

    kind: str
    start: int
    end: int
    value: str


def visible(text: str) -> str:
    """The text as it is scanned: NFKC, without format characters, 256 Ki characters at most."""
    folded = unicodedata.normalize("NFKC", text[:MAX_SCANNED])
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")[:MAX_SCANNED]


def luhn(number: str) -> bool:
    """Whether a string of digits has a right check digit (ISO/IEC 7812-1)."""
    if not number.isascii() or not number.isdecimal():
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban(text: str) -> bool:
    """Whether a text is an IBAN: country, length, mod 97 (ISO 13616). Spaces and case aside."""
    plain = text.replace(" ", "").upper()
    if not plain.isascii() or not plain.isalnum() or not plain[2:4].isdecimal():
        return False
    if _IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def personal_data(text: str) -> list[Entity]:
    """Personal data in a text, in order of its place."""
    return _scan(text, _personal_in)


def secrets(text: str) -> list[Entity]:
    """Keys, tokens and passwords in a text, in order of their place."""
    return _scan(text, _secrets_in)


def _scan(text: str, find: Callable[[str], list[Entity]]) -> list[Entity]:
    seen = visible(text)
    found = find(seen)
    for inside in _decoded(seen):
        found += [Entity(one.kind, -1, -1, one.value) for one in find(visible(inside))]
    return sorted(set(found), key=lambda one: (one.start, one.end, one.kind, one.value))


def _decoded(text: str) -> Iterator[str]:
    for match in _BASE64.finditer(text):
        run = match.group()[:_MAX_RUN].rstrip("=").translate(str.maketrans("-_", "+/"))
        run = run[: len(run) - 1] if len(run) % 4 == 1 else run
        try:
            inside = base64.b64decode(run + "=" * (-len(run) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if inside.isprintable():
            yield inside


def _personal_in(text: str) -> list[Entity]:
    found: list[Entity] = []
    # What stands first keeps its place: the digits of an IBAN are no card and no telephone.
    for finder in (_ibans, _cards, _emails, _addresses, _patterns):
        for one in finder(text):
            if not any(one.start < other.end and other.start < one.end for other in found):
                found.append(one)
    return found


def _ibans(text: str) -> Iterator[Entity]:
    for match in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(match.group()[:2].upper())
        if length is None:
            continue
        seen = 0
        for place, character in enumerate(match.group()):
            seen += character != " "
            if seen == length:
                shown = match.group()[: place + 1]
                if iban(shown):
                    end = match.start() + place + 1
                    plain = shown.replace(" ", "").upper()
                    yield Entity("iban", match.start(), end, plain)
                break


def _cards(text: str) -> Iterator[Entity]:
    for match in _DIGIT_RUN.finditer(text):
        run = match.group()[:_MAX_DIGITS]
        digits = [place for place, character in enumerate(run) if character.isdecimal()]
        # A card may stand beside another number, so every window of whole groups is tried.
        place = 0
        while place < len(digits):
            length = _card_at(run, digits, place)
            if length:
                first, last = digits[place], digits[place + length - 1]
                value = "".join(run[one] for one in digits[place : place + length])
                yield Entity("card", match.start() + first, match.start() + last + 1, value)
            place += length or 1


def _card_at(run: str, digits: list[int], place: int) -> int:
    if place and digits[place] == digits[place - 1] + 1:
        return 0
    start = "".join(run[one] for one in digits[place : place + 4])
    lengths = next((each for prefix, each in _CARD_LENGTHS if prefix.match(start)), ())
    for length in lengths:
        end = place + length
        if end > len(digits) or (end < len(digits) and digits[end] == digits[end - 1] + 1):
            continue
        if luhn("".join(run[one] for one in digits[place:end])):
            return length
    return 0


def _emails(text: str) -> Iterator[Entity]:
    for match in _EMAIL.finditer(text):
        yield Entity("email", match.start(), match.end(), match.group().casefold())


def _addresses(text: str) -> Iterator[Entity]:
    for pattern, read in ((_IPV4, ipaddress.IPv4Address), (_IPV6, ipaddress.IPv6Address)):
        for match in pattern.finditer(text):
            try:
                value = str(read(match.group()))
            except ValueError:
                continue
            yield Entity("ip_address", match.start(), match.end(), value)


def _patterns(text: str) -> Iterator[Entity]:
    for kind, pattern in (("ssn", _SSN), ("nino", _NINO), ("phone", _PHONE)):
        for match in pattern.finditer(text):
            value = "".join(c for c in match.group() if c.isalnum() or c == "+").upper()
            yield Entity(kind, match.start(), match.end(), value)
    for match in _BITCOIN.finditer(text):
        if _base58_holds(match.group()):
            yield Entity("bitcoin", match.start(), match.end(), match.group())


def _base58_holds(text: str) -> bool:
    number = 0
    for character in text:
        number = number * 58 + _BASE58.index(character)
    raw = number.to_bytes(32, "big")[-25:]
    check = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4]
    return raw[-4:] == check


def _secrets_in(text: str) -> list[Entity]:
    found = [
        Entity(kind, match.start(), match.end(), match.group())
        for kind, pattern in _SECRET_PATTERNS.items()
        for match in pattern.finditer(text)
    ]
    for match in _NAMED.finditer(text):
        quoted, bare = match.groups()
        start, end = match.span(1 if quoted else 2)
        known = any(start < one.end and one.start < end for one in found)
        # Without quotes a word may be prose ("token: exchange"), and a known key is told by kind.
        if quoted or (not known and _LETTER_AND_DIGIT.match(bare)):
            found.append(Entity("password", match.start(), end, quoted or bare))
    return found
