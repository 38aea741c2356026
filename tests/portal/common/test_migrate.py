"""`migrate` draws less than Django does, and comes to the same models."""

from typing import Any

import pytest
from django.core.management.commands import migrate as djangos
from django.db import models
from django.db.migrations import AddConstraint, AddIndex, CreateModel
from django.db.migrations.state import ProjectState
from pgtrigger import Protect, Update
from pgtrigger.migrations import AddTrigger

from portal.common.management.commands.migrate import Command

ONE = CreateModel("Shelf", [("id", models.AutoField(primary_key=True))])
NEXT = [
    CreateModel(
        "Book",
        [
            ("id", models.AutoField(primary_key=True)),
            ("shelf", models.ForeignKey("rooms.Shelf", models.CASCADE, related_name="books")),
        ],
    ),
    AddConstraint("book", models.CheckConstraint(condition=models.Q(id__gt=0), name="positive")),
    AddIndex("book", models.Index(fields=["shelf"], name="by_shelf")),
    AddTrigger("book", Protect(name="kept", operation=Update)),
]


def _drawn(state: ProjectState) -> list[Any]:
    """What the drawn models know: fields, relations from both ends, constraints and so on."""
    return [
        (
            model._meta.label,
            sorted(field.name for field in model._meta.get_fields()),
            [one.name for one in model._meta.constraints],
            [one.name for one in model._meta.indexes],
            [one.name for one in getattr(model._meta, "triggers", [])],
        )
        for model in state.apps.get_models()
    ]


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[ProjectState]:
    """The states after each operation, made where Django's command would migrate."""
    states: list[ProjectState] = []

    def handle(*_: Any, **__: Any) -> None:
        state = ProjectState()
        ONE.state_forwards("rooms", state)
        assert state.apps
        for operation in NEXT:
            state = state.clone()
            operation.state_forwards("rooms", state)
            states.append(state)

    monkeypatch.setattr(djangos.Command, "handle", handle)
    return states


def test_the_operations_leave_the_models_that_django_would_draw(
    walked: list[ProjectState],
) -> None:
    # when
    Command().handle()
    # then the classes are those that the models give when they are drawn from nothing
    anew = ProjectState(models=walked[-1].models)
    assert _drawn(walked[-1]) == _drawn(anew)
    last = {label: rest for label, *rest in _drawn(walked[-1])}
    assert last["rooms.Book"][1:] == [["positive"], ["by_shelf"], ["kept"]]
    assert "books" in last["rooms.Shelf"][0]


def test_a_class_that_an_operation_does_not_change_is_kept(walked: list[ProjectState]) -> None:
    Command().handle()
    drawn = {id(state.apps.get_model("rooms", "shelf")) for state in walked}
    assert len(drawn) == 1


def test_afterwards_django_is_as_it_was(walked: list[ProjectState]) -> None:
    before = (ProjectState.add_model, ProjectState._append_option, AddTrigger.state_forwards)
    Command().handle()
    assert before == (
        ProjectState.add_model, ProjectState._append_option, AddTrigger.state_forwards,
    )  # fmt: skip
