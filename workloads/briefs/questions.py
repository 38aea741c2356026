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
    LINK = "link"


class Need(Enum):
    """When the gate asks for an answer."""

    ALWAYS = "always"
    TIER_2 = "tier 2 and up"
    PERSONAL = "personal data"
    # GDPR article 35: processing that is likely to be a high risk to people.
    ASSESSMENT = "personal data at tier 3 and up, special categories or children"
    AGENT = "an agent"
    OTHER_TYPE = "a kind of work that is not listed"
    LONG_CONTEXT = "a long context"
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
    """One question. ``minimum`` and ``maximum`` are characters, or the bounds of a number.

    ``need`` says when the gate asks for it; a question that is never demanded is ``offered`` when
    that other condition holds. ``usual`` marks one whose default is right for most briefs: it
    stands behind its section's disclosure. What is not ``material`` is no part of the digest.
    """

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
    offered: Need = Need.ALWAYS
    usual: bool = False
    material: bool = True

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
        example="Sorting tickets into queues is classification, also when a chat model does it.",
    ),
    Question(
        "workload_type_other", SHAPE, "What kind is it then?", "In a few words.", Kind.TEXT,
        "The kind, in words", need=Need.OTHER_TYPE, change=Change.SCOPE, minimum=3, maximum=200,
        rows=1, width="half", example="Translation of product texts with a glossary.",
    ),
    Question(
        "output_use", SHAPE, "Where does the answer go?", "The first place it reaches.",
        Kind.CHOICE, "Where the answer goes", choices=enums.OutputUse, change=Change.SCOPE,
        width="half", usual=True,
        example="The queue of a ticket is written into the ticket system: it feeds a system.",
    ),
    Question(
        "languages", SHAPE, "In which languages?", "Names or codes, with commas.",
        Kind.LANGUAGES, "Languages", example="English, German, pt-BR", change=Change.ASKED,
        width="half", usual=True,
    ),
    Question(
        "min_context_tokens", SHAPE, "How much must it read at once?",
        "The longest input, in tokens; 1,000 are about two pages.", Kind.WHOLE, "Context needed",
        example="32,000 for a contract of 40 pages", unit="tokens", need=Need.NEVER,
        change=Change.DEMAND, minimum=1, maximum=INT32, width="half", offered=Need.LONG_CONTEXT,
        usual=True,
    ),
    Question(
        "needs", SHAPE, "What must the model be able to do?",
        "Beyond text in and text out; none is a good answer.", Kind.CHOICES, "Abilities needed",
        choices=Capability, need=Need.NEVER, change=Change.ASKED, usual=True,
        example="A ticket becomes fields that a program reads: JSON schema. A scanned letter: "
        "vision.",
    ),
    Question(
        "tools", SHAPE, "Which tools may the agent use?",
        "Each with what it can do, and whether that can be undone.",
        Kind.TOOLS, "Tools of the agent", need=Need.AGENT, change=Change.SCOPE,
        example="Look up an order: reads, can be undone.\nSend an e-mail: writes to outside"
        " systems, cannot be undone.",
    ),
    Question(
        "latency_p95_ms", LIMITS, "How long may an answer take?", "95 of 100 requests.",
        Kind.SECONDS, "Slowest acceptable answer", unit="seconds", change=Change.CEILING,
        minimum=1, maximum=3_600_000, width="third", example="2 or 0.8",
    ),
    Question(
        "latency_p50_ms", LIMITS, "And usually?", "Half of all requests.", Kind.SECONDS,
        "Usual answer time", unit="seconds", need=Need.NEVER, change=Change.CEILING, minimum=1,
        maximum=3_600_000, width="third", offered=Need.TIER_2, usual=True,
        example="0.4",
    ),
    Question(
        "requests_per_day", LIMITS, "How many requests a day?", "A usual day.", Kind.WHOLE,
        "Requests a day", change=Change.DEMAND, minimum=1, maximum=INT32, width="third",
        example="900",
    ),
    Question(
        "peak_rps", LIMITS, "At the busiest moment?", "Per second.", Kind.RATE,
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
        "Currency", choices=Currency, width="third", usual=True,
        example="US dollars, unless your budget is held in another currency.",
    ),
    Question(
        "availability_pct", LIMITS, "How much of the time must it be up?",
        "Of a month; 99.5 % is down for three and a half hours at most.", Kind.RATE,
        "Availability", unit="%", need=Need.NEVER, offered=Need.TIER_2, maximum=100,
        change=Change.DEMAND, width="third", example="99.5", usual=True, material=False,
    ),
    Question(
        "data_class", DATA, "What is the most sensitive data it will see?",
        "Decides which models may be used.", Kind.CHOICE, "Data class", choices=DataClass,
        change=Change.SCOPE, width="half",
        example="Customer tickets are confidential; the published price list is public.",
    ),
    Question(
        "retention_days", DATA, "How long is the data kept?", "0 when nothing is stored.",
        Kind.WHOLE, "Retention", unit="days", minimum=0, maximum=36_500, change=Change.CEILING,
        width="half", example="30", usual=True,
    ),
    Question(
        "data_categories", DATA, "Which of these does it see?", "Everything that applies.",
        Kind.CHOICES, "Kinds of data", choices=enums.DataCategory, change=Change.SCOPE,
        example="Tickets name customers and quote invoices: personal data and financial.",
    ),
    Question(
        "residency", DATA, "Where may the data be processed?", "Everything that is allowed.",
        Kind.CHOICES, "Regions allowed", choices=enums.Residency, change=Change.ALLOWED,
        width="half", usual=True,
        example="European Union only, when the contract with customers says so.",
    ),
    Question(
        "lawful_basis", DATA, "What makes processing personal data lawful?",
        "GDPR, article 6.", Kind.CHOICE, "Lawful basis", choices=enums.LawfulBasis,
        need=Need.PERSONAL, width="half",
        example="Answering a customer's ticket is part of the contract with that customer.",
    ),
    Question(
        "dpia_url", DATA, "Where is the data protection impact assessment?",
        "GDPR, article 35: the address of the assessment.", Kind.LINK,
        "Impact assessment (DPIA)", need=Need.ASSESSMENT, maximum=500, material=False,
        example="https://documents.example/privacy/dpia-2031",
    ),
    Question(
        "audience", REACH, "Who sees the output?", "The widest circle.", Kind.CHOICE, "Audience",
        choices=enums.Audience, change=Change.SCOPE, width="half",
        example="Agents see the queue, customers never do: colleagues.",
    ),
    Question(
        "autonomy", REACH, "What happens with an answer?", "Before a person looks.",
        Kind.CHOICE, "Autonomy", choices=enums.Autonomy, change=Change.SCOPE, width="half",
        example="The queue is proposed and an agent confirms it: a person approves each action.",
    ),
    Question(
        "decision_impact", REACH, "What can a wrong answer do?", "The worst that is likely.",
        Kind.CHOICE, "What a wrong answer can do", choices=enums.DecisionImpact,
        change=Change.SCOPE, width="half",
        example="A ticket in the wrong queue waits two days: it disturbs operations. A loan "
        "that is refused affects a person.",
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
        Kind.CHOICE, "EU nexus", choices=enums.YesNo, change=Change.SCOPE, width="half", usual=True,
        example="Agents in Porto use it: yes.",
    ),
    Question(
        "eu_class", LAW, "Which class under the EU AI Act?",
        "As you see it; risk confirms it from tier 2 up.", Kind.CHOICE, "EU AI Act class",
        choices=enums.EuClass, change=Change.SCOPE, width="half",
        example="Routing tickets is minimal risk. A chatbot for customers has transparency "
        "duties. Scoring a person's credit is high risk (Annex III, 5(b)).",
    ),
    Question(
        "eu_rationale", LAW, "Why this class?", "The article or annex that you rest on.",
        Kind.TEXT, "Why this class", need=Need.EU_CLAIM, minimum=50,
        example="It answers customers as a chatbot, so they must be told that it is AI"
        " (article 50(1)); none of the Annex III uses applies.",
    ),
    Question(
        "regimes", LAW, "Which other rules apply?", "As far as you know; nothing depends on it.",
        Kind.CHOICES, "Other rules", choices=enums.Regime, need=Need.NEVER, offered=Need.TIER_2,
        usual=True, material=False,
        example="GDPR and DORA, for a bank's service desk.",
    ),
    Question(
        "compliance_notes", LAW, "What else should reviewers know?",
        "Agreements, exceptions, earlier decisions.", Kind.TEXT, "Notes on compliance",
        need=Need.NEVER, offered=Need.TIER_2, maximum=4_000, usual=True,
        example="Works council agreement 12/2026 covers assistance to agents, not their appraisal.",
    ),
)  # fmt: skip
MATERIAL: tuple[Question, ...] = tuple(one for one in QUESTIONS if one.material)
BY_NAME: dict[str, Question] = {question.name: question for question in QUESTIONS}
