"""The answers that a brief may give, in the words of the screen."""

from typing import ClassVar

from django.db.models import TextChoices

from portal.common.choices import ToneChoices


class WorkloadType(ToneChoices):
    """What kind of work is asked for, by the problem and not by what is new."""

    TEXT_GENERATION = "text_generation", "Text generation"
    SUMMARISATION = "summarisation", "Summarisation"
    RAG = "rag", "Question answering over documents"
    CHATBOT = "chatbot", "Chatbot"
    CLASSIFICATION = "classification", "Classification"
    EXTRACTION = "extraction", "Extraction"
    CODE = "code", "Code assistance"
    AGENT = "agent", "Agent that uses tools"
    MULTIMODAL = "multimodal", "Multimodal"
    BATCH = "batch", "Batch pipeline"
    OTHER = "other", "Something else"


class OutputUse(ToneChoices):
    """Where an answer goes."""

    PERSON = "person", "A person reads it"
    SYSTEM = "system", "It feeds a system"
    PUBLISHED = "published", "It is published"


class DataCategory(ToneChoices):
    """What kinds of data the workload sees."""

    NONE = "none", "None of these"
    PERSONAL = "personal", "Personal data"
    SPECIAL = "special", "Special categories (beliefs, origin, biometrics, …)"
    CHILDREN = "children", "Data of children"
    HEALTH = "health", "Health"
    FINANCIAL = "financial", "Financial"
    CREDENTIALS = "credentials", "Passwords or keys"
    TRADE_SECRET = "trade_secret", "Trade secrets"
    THIRD_PARTY_IP = "third_party_ip", "Third-party intellectual property"


PERSONAL_CATEGORIES = frozenset(
    {DataCategory.PERSONAL, DataCategory.SPECIAL, DataCategory.CHILDREN, DataCategory.HEALTH}
)

# Data on which an impact assessment is asked for whatever the tier.
SENSITIVE = frozenset({DataCategory.SPECIAL, DataCategory.CHILDREN, DataCategory.HEALTH})


class Residency(ToneChoices):
    """Where the data may be processed."""

    ANY = "any", "Anywhere"
    EU = "eu", "European Union"
    UK = "uk", "United Kingdom"
    CH = "ch", "Switzerland"
    US = "us", "United States"


class LawfulBasis(ToneChoices):
    """On which ground of GDPR article 6 personal data is processed."""

    CONSENT = "consent", "Consent"
    CONTRACT = "contract", "Contract"
    LEGAL_OBLIGATION = "legal_obligation", "Legal obligation"
    VITAL_INTERESTS = "vital_interests", "Vital interests"
    PUBLIC_TASK = "public_task", "Public task"
    LEGITIMATE_INTERESTS = "legitimate_interests", "Legitimate interests"


class Audience(ToneChoices):
    """Who sees the output, at its widest."""

    TEAM = "team", "One team"
    INTERNAL = "internal", "Colleagues"
    PARTNERS = "partners", "Partners"
    CUSTOMERS = "customers", "Customers"
    PUBLIC = "public", "The public"


class Autonomy(ToneChoices):
    """What happens with an answer before a person looks."""

    DRAFTS = "drafts", "It drafts for a person"
    APPROVED = "approved", "A person approves each action"
    WATCHED = "watched", "It acts; reversible and watched"
    UNWATCHED = "unwatched", "It acts; irreversible or unwatched"


class DecisionImpact(ToneChoices):
    """What a wrong answer can do."""

    NONE = "none", "Nothing but lost time"
    OPERATIONAL = "operational", "It disturbs operations"
    INDIVIDUAL = "individual", "It affects single people"
    RIGHTS = "rights", "It touches rights or safety"


class YesNo(ToneChoices):
    """A question that has to be answered, not merely left unticked."""

    YES = "yes", "Yes"
    NO = "no", "No"


class EuClass(ToneChoices):
    """The class under the EU AI Act, as the owner sees it."""

    OUT_OF_SCOPE = "out_of_scope", "Out of scope"
    MINIMAL = "minimal", "Minimal risk"
    TRANSPARENCY = "transparency", "Transparency duties (article 50)"
    HIGH_RISK = "high_risk", "High risk (Annex I or III)"
    DEROGATED = "derogated", "Annex III, derogated (article 6(3))"
    PROHIBITED = "prohibited", "Prohibited (article 5)"
    UNDETERMINED = "undetermined", "Not determined yet"


class Regime(ToneChoices):
    """Rules beside the EU AI Act that may apply; a note for reviewers."""

    GDPR = "gdpr", "GDPR"
    DORA = "dora", "DORA (digital resilience of finance)"
    OUTSOURCING = "outsourcing", "EBA guidelines on outsourcing"
    PAYMENTS = "payments", "PSD2 (payments)"
    INVESTMENT = "investment", "MiFID II (investment services)"
    CONSUMER_CREDIT = "consumer_credit", "Consumer credit directive"
    MONEY_LAUNDERING = "money_laundering", "Anti-money-laundering rules"
    ACCESSIBILITY = "accessibility", "European Accessibility Act"
    CARD_DATA = "card_data", "PCI DSS (card data)"
    REPORTING = "reporting", "SOX (financial reporting)"
    WORKS_COUNCIL = "works_council", "Works council agreement"
    OTHER = "other", "Another; say which in the notes"


class KpiSource(ToneChoices):
    """Where the figure of a KPI comes from."""

    EVALUATION = "evaluation", "Evaluation metric"
    OPERATIONS = "operations", "Operations metric"
    FEEDBACK = "feedback", "Feedback"
    BUSINESS = "business", "Business figure"


class Direction(ToneChoices):
    """Which way is better."""

    UP = "up", "Higher is better"
    DOWN = "down", "Lower is better"


class ToolAccess(ToneChoices):
    """What an agent's tool can do."""

    READ = "read", "Reads"
    WRITE = "write", "Writes inside"
    EXTERNAL = "external", "Writes to outside systems"


class Tier(ToneChoices):
    """The risk tiers with their names."""

    LOW = "1", "1, low"
    LIMITED = "2", "2, limited"
    HIGH = "3", "3, high"
    CRITICAL = "4", "4, critical"

    __tones__: ClassVar[dict[str, str]] = {"1": "pass", "2": "warn", "3": "warn", "4": "fail"}


class RemarkKind(TextChoices):
    """What a remark does to its discussion."""

    COMMENT = "comment", "Comment"
    RESOLVED = "resolved", "Resolved"
    REOPENED = "reopened", "Reopened"


class SuggestionOutcome(ToneChoices):
    """How a suggestion ended, or that nobody decided yet."""

    OPEN = "open", "To decide"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Taken back"

    __tones__: ClassVar[dict[str, str]] = {"open": "info", "accepted": "pass", "declined": "none"}


class OverrideState(ToneChoices):
    """Where a decision on the tier stands."""

    PROPOSED = "proposed", "Waits for a second person"
    STANDING = "standing", "Stands"
    ENDED = "ended", "Ended"

    __tones__: ClassVar[dict[str, str]] = {"proposed": "warn", "standing": "info"}
    __symbols__: ClassVar[dict[str, str]] = {"proposed": "◐"}


class WritesOutside(ToneChoices):
    """Whether an agent can change something in systems that are not ours."""

    NO = "no", "No"
    REVERSIBLE = "reversible", "Yes, and it can be undone"
    FOR_GOOD = "for_good", "Yes, and it cannot be undone"


# Tokens in and out of a usual request, by the type of work: where a cost estimate starts before
# anything was measured. The selection page shows the two figures and lets them be changed.
TOKENS_PER_REQUEST: dict[str, tuple[int, int]] = {
    WorkloadType.TEXT_GENERATION: (800, 600),
    WorkloadType.SUMMARISATION: (4_000, 400),
    WorkloadType.RAG: (4_000, 350),
    WorkloadType.CHATBOT: (1_500, 300),
    WorkloadType.CLASSIFICATION: (800, 60),
    WorkloadType.EXTRACTION: (1_500, 200),
    WorkloadType.CODE: (2_500, 800),
    WorkloadType.AGENT: (6_000, 800),
    WorkloadType.MULTIMODAL: (2_500, 400),
    WorkloadType.BATCH: (2_000, 400),
    WorkloadType.OTHER: (1_000, 300),
}
