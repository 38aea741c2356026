"""Every question of the brief, once: its words, its kind, when it is asked and when it must be
answered. Forms, readiness checks, the API and the list of changes all read it here.
"""

from dataclasses import dataclass
from enum import Enum

from django.db.models import TextChoices

from catalog.enums import Capability, Currency, DataClass
from workloads.briefs import enums


class Kind(Enum):
    """What an answer is made of."""

    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    WHOLE = "whole"
    SECONDS = "seconds"  # typed in seconds, stored in milliseconds
    RATE = "rate"
    MONEY = "money"
    LANGUAGES = "languages"
    TOOLS = "tools"


class Need(Enum):
    """When the gate asks for an answer."""

    ALWAYS = "always"
    TIER_2 = "tier 2 and up"
    PERSONAL = "personal data"
    AGENT = "an agent"
    EU_CLAIM = "a class that has to be argued"
    NEVER = "never"


class Change(Enum):
    """What a changed answer means to phases that were passed on the former one."""

    COSMETIC = "cosmetic"
    SCOPE = "scope"
    # A limit: less is tighter (latency, money) or more is tighter (load, context).
    CEILING = "ceiling"
    DEMAND = "demand"
    # A set: fewer allowed is tighter (regions), or more asked is tighter (capabilities).
    ALLOWED = "allowed"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``minimum`` and ``maximum`` are characters, or the bounds of a number."""

    name: str
    section: str
    label: str
    help: str
    kind: Kind
    short: str
    example: str = ""
    unit: str = ""
    need: Need = Need.ALWAYS
    change: Change = Change.COSMETIC
    minimum: int = 0
    maximum: int = 2_000
    choices: type[TextChoices] | None = None
    rows: int = 2
    width: str = ""

    @property
    def is_text(self) -> bool:
        """Whether the answer is prose."""
        return self.kind is Kind.TEXT


PROBLEM, SHAPE, LIMITS = "The problem", "The shape", "Limits"
DATA, REACH, LAW = "Data", "Reach", "Law"
SUCCESS = "How we will know"
SECTIONS = (PROBLEM, SHAPE, SUCCESS, LIMITS, DATA, REACH, LAW)
INT32 = 2_147_483_647

QUESTIONS: tuple[Question, ...] = (
    Question(
        "business_problem", PROBLEM, "What goes wrong today?", "For whom, and how often.",
        Kind.TEXT, "The problem", minimum=50, maximum=4_000, rows=3,
        example="Agents read 900 tickets a day to pick a queue. One in seven lands in the wrong"
        " one and waits two days longer.",
    ),
    Question(
        "intended_outcome", PROBLEM, "What will be better?", "And how would you notice?",
        Kind.TEXT, "The outcome", minimum=30, maximum=2_000,
        example="Tickets reach the right queue within a minute; misrouting falls from 14 % to"
        " under 4 %.",
    ),
    Question(
        "users", PROBLEM, "Who will use it?", "Who they are, and how many a month.",
        Kind.TEXT, "The users", minimum=3, maximum=1_000,
        example="25 service desk agents in Porto and Leeds; about 27,000 tickets a month.",
    ),
    Question(
        "non_ai_alternative", PROBLEM, "What if there were no AI?",
        "The simplest other way, and why it is not enough.", Kind.TEXT, "The non-AI alternative",
        need=Need.TIER_2, minimum=20,
        example="Keyword rules route 62 % correctly today; each new product breaks them.",
    ),
    Question(
        "out_of_scope_uses", PROBLEM, "What must it not be used for?",
        "Uses that you rule out.", Kind.TEXT, "Uses out of scope", need=Need.TIER_2, minimum=20,
        example="Judging the work of agents; answering customers without a person.",
    ),
    Question(
        "foreseeable_misuse", PROBLEM, "How could it be misused?",
        "What people will try, and what that would do.", Kind.TEXT, "Foreseeable misuse",
        need=Need.TIER_2, minimum=20,
        example="A customer writes orders to the model into a ticket to be moved up the queue.",
    ),
    Question(
        "workload_type", SHAPE, "What kind of work is it?", "By the problem, not by what is new.",
        Kind.CHOICE, "Kind of work", choices=enums.WorkloadType, change=Change.SCOPE, width="half",
    ),
    Question(
        "output_use", SHAPE, "Where does the answer go?", "The first place it reaches.",
        Kind.CHOICE, "Where the answer goes", choices=enums.OutputUse, change=Change.SCOPE,
        width="half",
    ),
    Question(
        "languages", SHAPE, "In which languages?", "Names or codes, with commas.",
        Kind.LANGUAGES, "Languages", example="English, German, pt-BR", change=Change.ASKED,
        width="half",
    ),
    Question(
        "min_context_tokens", SHAPE, "How much must it read at once?",
        "Leave empty when a usual page or two is enough.", Kind.WHOLE, "Context needed",
        example="32,000 for a contract of 40 pages", unit="tokens", need=Need.NEVER,
        change=Change.DEMAND, minimum=1, maximum=INT32, width="half",
    ),
    Question(
        "needs", SHAPE, "What must the model be able to do?",
        "Beyond text in and text out; none is a good answer.", Kind.CHOICES, "Abilities needed",
        choices=Capability, need=Need.NEVER, change=Change.ASKED,
    ),
    Question(
        "tools", SHAPE, "Which tools may the agent use?",
        "One a line: name; reads, writes or external; reversible or irreversible.",
        Kind.TOOLS, "Tools of the agent", need=Need.AGENT, change=Change.SCOPE, rows=3,
        example="Look up an order; reads; reversible\nSend an e-mail; external; irreversible",
    ),
    Question(
        "latency_p95_ms", LIMITS, "How long may an answer take?", "95 of 100 requests.",
        Kind.SECONDS, "Slowest acceptable answer", unit="seconds", change=Change.CEILING,
        minimum=1, maximum=3_600_000, width="third", example="2 or 0.8",
    ),
    Question(
        "latency_p50_ms", LIMITS, "And usually?", "Half of all requests.", Kind.SECONDS,
        "Usual answer time", unit="seconds", need=Need.NEVER, change=Change.CEILING, minimum=1,
        maximum=3_600_000, width="third",
    ),
    Question(
        "requests_per_day", LIMITS, "How many requests a day?", "A usual day.", Kind.WHOLE,
        "Requests a day", change=Change.DEMAND, minimum=1, maximum=INT32, width="third",
        example="900",
    ),
    Question(
        "peak_rps", LIMITS, "How many at the busiest moment?", "Per second.", Kind.RATE,
        "Peak load", unit="a second", change=Change.DEMAND, minimum=0, maximum=100_000,
        width="third", example="0.5 is one every two seconds",
    ),
    Question(
        "budget_per_month", LIMITS, "What may it cost a month?", "All calls together.",
        Kind.MONEY, "Budget a month", change=Change.CEILING, maximum=1_000_000, width="third",
        example="1,200",
    ),
    Question(
        "max_cost_per_request", LIMITS, "What may one request cost?", "At the most.", Kind.MONEY,
        "Most a request may cost", change=Change.CEILING, maximum=1_000_000, width="third",
        example="0.02",
    ),
    Question(
        "currency", LIMITS, "In which currency?", "Gateways price in US dollars.", Kind.CHOICE,
        "Currency", choices=Currency, width="third",
    ),
    Question(
        "data_class", DATA, "What is the most sensitive data it will see?",
        "Decides which models may be used.", Kind.CHOICE, "Data class", choices=DataClass,
        change=Change.SCOPE, width="half",
    ),
    Question(
        "retention_days", DATA, "How long is the data kept?", "0 when nothing is stored.",
        Kind.WHOLE, "Retention", unit="days", minimum=0, maximum=36_500, change=Change.CEILING,
        width="half", example="30",
    ),
    Question(
        "data_categories", DATA, "Which of these does it see?", "Everything that applies.",
        Kind.CHOICES, "Kinds of data", choices=enums.DataCategory, change=Change.SCOPE,
        width="half",
    ),
    Question(
        "residency", DATA, "Where may the data be processed?", "Everything that is allowed.",
        Kind.CHOICES, "Regions allowed", choices=enums.Residency, change=Change.ALLOWED,
        width="half",
    ),
    Question(
        "lawful_basis", DATA, "What makes processing personal data lawful?",
        "GDPR, article 6.", Kind.CHOICE, "Lawful basis", choices=enums.LawfulBasis,
        need=Need.PERSONAL, width="half",
    ),
    Question(
        "audience", REACH, "Who sees the output?", "The widest circle.", Kind.CHOICE, "Audience",
        choices=enums.Audience, change=Change.SCOPE, width="half",
    ),
    Question(
        "autonomy", REACH, "What happens with an answer?", "Before a person looks.",
        Kind.CHOICE, "Autonomy", choices=enums.Autonomy, change=Change.SCOPE, width="half",
    ),
    Question(
        "decision_impact", REACH, "What can a wrong answer do?", "The worst that is likely.",
        Kind.CHOICE, "What a wrong answer can do", choices=enums.DecisionImpact,
        change=Change.SCOPE, width="half",
    ),
    Question(
        "human_oversight", REACH, "Who keeps watch, and how?",
        "Who can stop it, and what they look at.", Kind.TEXT, "Human oversight",
        need=Need.TIER_2, minimum=20,
        example="The shift lead reads 20 routed tickets a day and can switch routing off.",
    ),
    Question(
        "fallback", REACH, "What happens when the model is down?",
        "How the work goes on without it.", Kind.TEXT, "Fallback", need=Need.TIER_2, minimum=20,
        example="Tickets go to the general queue, as today.",
    ),
    Question(
        "eu_nexus", LAW, "Is it used in the EU, or on people there?", "Then the EU AI Act applies.",
        Kind.CHOICE, "EU nexus", choices=enums.YesNo, change=Change.SCOPE, width="half",
    ),
    Question(
        "eu_class", LAW, "Which class under the EU AI Act?",
        "As you see it; risk confirms it from tier 2 up.", Kind.CHOICE, "EU AI Act class",
        choices=enums.EuClass, change=Change.SCOPE, width="half",
    ),
    Question(
        "eu_rationale", LAW, "Why this class?", "The article or annex that you rest on.",
        Kind.TEXT, "Why this class", need=Need.EU_CLAIM, minimum=50,
        example="It answers customers as a chatbot, so they must be told that it is AI"
        " (article 50(1)); none of the Annex III uses applies.",
    ),
)  # fmt: skip
BY_NAME: dict[str, Question] = {question.name: question for question in QUESTIONS}
