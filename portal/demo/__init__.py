"""The demo company, Halden Mobility: its golden data and its prompts.

``data/support_tickets.jsonl``, ``data/handbook_questions.jsonl`` and ``data/policy_notes.jsonl``
hold one example a line, ``data/handbook.json`` the documents of the questions, ``data/prompts/``
one folder for each prompt. All text is original; people, companies and figures are invented.
"""

from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data"
"""Where the files of the demo stand."""
