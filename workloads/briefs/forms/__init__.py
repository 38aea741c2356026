"""The forms of the brief's pages: its answers, KPIs and tier, and what is said about it."""

from workloads.briefs.forms.answers import Typed
from workloads.briefs.forms.brief import BriefForm, posted_answers, stored_text
from workloads.briefs.forms.discussion import CommentForm, ReasonForm, SuggestForm
from workloads.briefs.forms.kpis import KpiForm, kpi_forms, posted_kpi_forms
from workloads.briefs.forms.tier import EndOverrideForm, OverrideForm, TryTierForm

__all__ = [
    "BriefForm",
    "CommentForm",
    "EndOverrideForm",
    "KpiForm",
    "OverrideForm",
    "ReasonForm",
    "SuggestForm",
    "TryTierForm",
    "Typed",
    "kpi_forms",
    "posted_answers",
    "posted_kpi_forms",
    "stored_text",
]
