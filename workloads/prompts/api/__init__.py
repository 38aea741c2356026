"""Prompts over the API: the same selectors and services as the pages, strictly."""

from django.urls import path

from workloads.prompts.api.draft import (
    PromptAnswerCheck,
    PromptDraft,
    PromptFalseAlarms,
    PromptImport,
    PromptVersionStart,
)
from workloads.prompts.api.versions import (
    PromptDifference,
    PromptPointers,
    PromptVersionDetail,
    PromptVersionFile,
    PromptVersionRestore,
    PromptVersions,
    PromptVersionUse,
)

_PROMPTS = "workloads/<str:ref>/prompts"
_VERSION = f"{_PROMPTS}/<int:number>"
api_urlpatterns = [
    path(_PROMPTS, PromptVersions.as_view()),
    path(f"{_PROMPTS}/draft", PromptDraft.as_view()),
    path(f"{_PROMPTS}/import", PromptImport.as_view()),
    path(f"{_PROMPTS}/check", PromptAnswerCheck.as_view()),
    path(f"{_PROMPTS}/false-alarms", PromptFalseAlarms.as_view()),
    path(f"{_PROMPTS}/pointers", PromptPointers.as_view()),
    path(f"{_PROMPTS}/diff", PromptDifference.as_view()),
    path(_VERSION, PromptVersionDetail.as_view()),
    path(f"{_VERSION}/file", PromptVersionFile.as_view()),
    path(f"{_VERSION}/use", PromptVersionUse.as_view()),
    path(f"{_VERSION}/restore", PromptVersionRestore.as_view()),
    path(f"{_VERSION}/start", PromptVersionStart.as_view()),
]
