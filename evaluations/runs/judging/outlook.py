"""What judging would cost at most, said before there is an answer to judge."""

from collections.abc import Sequence
from decimal import ROUND_UP, Decimal

from evaluations.datasets.versioned import VersionedExample, views_of
from evaluations.judges.canaries import CANARIES, DOCUMENT, QUESTION, TRUTH
from evaluations.judges.enums import Given, Levels
from evaluations.judges.models import Calibration, JudgeVersion
from evaluations.judges.prompting import (
    ANSWER_MOST,
    NONCE_LENGTH,
    Case,
    again,
    calibration_case,
    can_judge,
    case_of,
    messages,
    response_format,
)
from evaluations.judges.selectors import anchors_of
from evaluations.runs.judging.target import JudgeTarget
from evaluations.runs.plan import RunPlan
from evaluations.runs.planning import price_pin
from portal.gateway.cost import estimate_prompt_tokens, estimate_tokens, worst_case

# What a token of an answer is at most taken for, when its length has to be guessed.
CHARACTERS_PER_TOKEN = 4
# Room for a retry or two, and for answers that grow where they are escaped.
HEADROOM, SMALLEST = Decimal("1.25"), Decimal("0.01")


def judging_worst_case(
    version: JudgeVersion,
    calibration: Calibration | None,
    plan: RunPlan,
    examples: Sequence[VersionedExample],
) -> Decimal:
    """Return what one judge may cost at most on ``plan``, with its checks and some room.

    As the worst case of a run is computed: every call made twice, every output as long as it may
    be; and every answer as long as its candidate may make it. In the currency of the judge's
    price. Raises Invalid (price_missing).
    """
    sizes = [
        _tokens(version, case_of(one, ""))
        for one in examples
        if can_judge(Given(version.given), one)
    ]
    longest = [
        min(ANSWER_MOST, CHARACTERS_PER_TOKEN * int(pin.params["max_tokens"]))
        for pin in plan.candidates
    ]
    asked = [
        size + estimate_tokens("x" * length) for length in longest for size in sizes
    ] * plan.repeats
    asked += [_tokens(version, case) for case in _checks(version, calibration)]
    price = price_pin(version.entry).price()
    by_size = {
        size: worst_case(size, version.max_tokens, price) * JudgeTarget.calls_at_most
        for size in set(asked)
    }
    total = sum((by_size[size] for size in asked), Decimal(0))
    return (total * HEADROOM).quantize(SMALLEST, rounding=ROUND_UP) + SMALLEST


def _tokens(version: JudgeVersion, case: Case) -> int:
    content = version.content
    sent = (*messages(content, case, "0" * NONCE_LENGTH), again())
    return estimate_prompt_tokens(sent) + estimate_tokens(str(response_format(content.levels)))


def _checks(version: JudgeVersion, calibration: Calibration | None) -> list[Case]:
    levels = Levels(version.levels)
    document = f"{DOCUMENT['id']}\n{DOCUMENT['text']}"
    found = [Case(QUESTION, one.answer, TRUTH, (document,)) for one in CANARIES]
    anchors = {one.revision for one in anchors_of(calibration)}
    if anchors:
        views = views_of(version.calibration_set)
        found += [calibration_case(one, levels) for one in views if one.revision_id in anchors]
    return found
