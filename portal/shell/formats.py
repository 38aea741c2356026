"""How figures, moments and digests are written on every page: pure functions from value to text.

Nothing here knows a template. A missing value is a dash, never 0 and never an empty cell.
"""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import dateformat, timezone

MISSING = "–"
MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"
SPACE = "\N{NO-BREAK SPACE}"
MOST_DECIMALS = 10
CURRENCY_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}

Number = int | float | Decimal
# A stored amount is text: no JSON number may stand for money.
Amount = Number | str


def _decimal(value: Amount) -> Decimal:
    """Return ``value`` as the decimal a person would read: 0.1 is 0.1, not its binary tail."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _grouped(value: Decimal, digits: int) -> str:
    """Return ``value`` with ``digits`` decimals, thin thousands and a true minus sign."""
    rounded = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{digits}f}".replace(",", THIN)
    return f"{MINUS}{text}" if rounded < 0 else text


def number(value: Number | None, digits: int | None = None) -> str:
    """Return a number with thin thousands: 7200 is "7 200".

    ``digits`` fixes the decimals; without it whole numbers have none and others two.
    """
    if value is None:
        return MISSING
    exact = _decimal(value)
    if not exact.is_finite():
        return MISSING
    if digits is None:
        digits = 0 if exact == exact.to_integral_value() else 2
    return _grouped(exact, digits)


def money(value: Amount | None, currency: str = "EUR", digits: int = 2) -> str:
    """Return an amount: "€ 3.10"; below one cent four decimals, or more for two figures that count.

    ``digits`` are the fewest decimals. A currency without a sign of its own is written by its
    ISO 4217 code ("CHF 3.10").
    """
    if value is None:
        return MISSING
    exact = _decimal(value)
    if not exact.is_finite():
        return MISSING
    if exact != 0 and abs(exact) < Decimal("0.01"):
        digits = min(MOST_DECIMALS, max(4, digits, 1 - exact.adjusted()))
    sign = MINUS if exact < 0 else ""
    return f"{sign}{CURRENCY_SIGNS.get(currency, currency)}{SPACE}{_grouped(abs(exact), digits)}"


def cost_of_one(value: Amount | None, currency: str = "EUR") -> str:
    """Return what one request costs: money with four decimals, so that models can be compared."""
    return money(value, currency, 4)


def money_apart(one: Amount, other: Amount, currency: str, digits: int = 2) -> tuple[str, str]:
    """Return two amounts with as many decimals as it takes to see which is more."""
    texts = money(one, currency, digits), money(other, currency, digits)
    while texts[0] == texts[1] and _decimal(one) != _decimal(other) and digits < MOST_DECIMALS:
        digits += 1
        texts = money(one, currency, digits), money(other, currency, digits)
    return texts


def percent(ratio: Number | None, digits: int = 1) -> str:
    """Return a ratio from 0 to 1 as a percentage: 0.934 is "93.4 %"."""
    if ratio is None or not _decimal(ratio).is_finite():
        return MISSING
    return f"{_grouped(_decimal(ratio) * 100, digits)}{THIN}%"


def points(difference: Number | None, digits: int = 1) -> str:
    """Return a difference of two ratios in percentage points, signed: 0.042 is "+4.2"."""
    if difference is None or not _decimal(difference).is_finite():
        return MISSING
    text = _grouped(_decimal(difference) * 100, digits)
    return text if text.startswith(MINUS) or not float(text.replace(THIN, "")) else f"+{text}"


def duration(value: Number | timedelta | None) -> str:
    """Return a time span, given in milliseconds or as a timedelta.

    "640 ms", "1.42 s", "2 min 5 s", "3 h 12 min", "2 d 4 h": two units at most.
    """
    if value is None:
        return MISSING
    span = value / timedelta(milliseconds=1) if isinstance(value, timedelta) else float(value)
    if span != span or span < 0:
        return MISSING
    if round(span) < 1000:
        return f"{span:.0f}{SPACE}ms"
    if round(span / 1000, 2) < 60:
        return f"{span / 1000:.2f}{SPACE}s"
    whole = round(span / 1000)
    for size, name, below, below_name in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // below
            first = f"{whole // size}{SPACE}{name}"
            return f"{first} {rest}{SPACE}{below_name}" if rest else first
    return f"{whole}{SPACE}s"


def moment(value: datetime | date) -> str:
    """Return a moment in the present time zone, "14 Nov 2026, 09:12"; a date has no hour."""
    if isinstance(value, datetime):
        return dateformat.format(timezone.localtime(value), "j M Y, H:i")
    return dateformat.format(value, "j M Y")


def since(value: datetime, now: datetime) -> str:
    """Return how far ``value`` is from ``now`` in one unit: "12 minutes ago", "in 3 days"."""
    seconds = round((now - value).total_seconds())
    apart = abs(seconds)
    if apart < 45:
        return "just now" if seconds >= 0 else "in a moment"
    units = ((31_536_000, "year"), (2_592_000, "month"), (86_400, "day"), (3_600, "hour"))
    size, name = next((unit for unit in units if apart >= unit[0]), (60, "minute"))
    count = max(1, apart // size)
    words = f"{count} {name}{'' if count == 1 else 's'}"
    return f"{words} ago" if seconds > 0 else f"in {words}"


def short_digest(value: str | None) -> str:
    """Return a digest shortened to what the eye can compare: "sha256:9f31…c20a"."""
    if not value:
        return MISSING
    algorithm, colon, text = value.rpartition(":")
    if len(text) <= 12:
        return value
    return f"{algorithm}{colon}{text[:4]}…{text[-4:]}"


def grouped_digest(value: str) -> str:
    """Return a digest in groups of four with its middle left out: "sha256:4be0 77d2 … 5c1e"."""
    algorithm, colon, text = value.rpartition(":")
    if len(text) <= 20:
        return value
    return f"{algorithm}{colon}{text[:4]} {text[4:8]} {text[8:12]} … {text[-4:]}"


def initials(name: str) -> str:
    """Return at most two initials of a person's name: first and last word."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
