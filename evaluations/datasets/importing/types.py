"""What reading a file gives: examples, errors by line, and what the columns were."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 5_000
MAX_FIELD_BYTES = 64 * 1024
# A row as it stands in the file; all values of all rows; names of fields, documents of an example.
MAX_ROW_BYTES = 1024 * 1024
MAX_VALUES = 500_000
MAX_NAMES = 300
MAX_DOCUMENTS = 200
MAX_ERRORS = 100
MAX_KEY = 64
MAX_TAG = 40
MAX_LIST = 50


@dataclass(frozen=True, slots=True)
class Declared:
    """What every example of a dataset has to look like; nothing declared asks for nothing."""

    variables: tuple[str, ...] = ()
    expected: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as a version keeps it."""
        return {"variables": list(self.variables), "expected": self.expected}


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong: in which line, in which field, what, and what would be right.

    ``line`` is the line in the file where the row begins; 0 means the file as a whole.
    """

    line: int
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row before its fields are read. ``typed`` is true where values had JSON types.

    ``exact`` names the fields of a table whose cells were JSON.
    """

    line: int
    values: dict[str, Any]
    typed: bool
    exact: frozenset[str] = frozenset()

    def types(self, name: str) -> bool:
        """Whether the values of a field had JSON types."""
        return self.typed or name in self.exact


@dataclass(frozen=True, slots=True)
class ImportedExample:
    """One valid row. ``input`` is an object of values by variable name, or one text."""

    line: int
    key: str
    kind: str
    input: Any
    context: tuple[dict[str, str], ...]
    expected: Any
    expects: str
    must_include: tuple[str, ...]
    must_not_include: tuple[str, ...]
    tags: tuple[str, ...]
    weight: float
    source_ref: str
    licence: str
    held_out: bool
    input_digest: str
    digest: str


@dataclass(slots=True)
class ImportPreview:
    """What a file holds. It can be imported when ``ok``: every row valid, at least one row.

    ``errors`` are the first 100, ``error_count`` all of them. ``ignored`` names columns that
    mean nothing here, ``notices`` are sentences about what was assumed. ``lacks_input``: the file
    can be read, but no column says what the input is, so a person has to map its columns.
    ``stopped``: the rest of the file is not read, whatever it holds.
    """

    format: str = ""
    separator: str = ""
    columns: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    rows: list[ImportedExample] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    error_count: int = 0
    total: int = 0
    lacks_input: bool = False
    names: set[str] = field(default_factory=set)
    stopped: bool = False

    @property
    def ok(self) -> bool:
        """Whether the file can be imported as it is."""
        return self.error_count == 0 and bool(self.rows)

    def refuse(self, line: int, name: str, code: str, message: str) -> None:
        """Note one error; beyond the first 100 only the count grows."""
        self.error_count += 1
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(RowError(line, name, code, message))
