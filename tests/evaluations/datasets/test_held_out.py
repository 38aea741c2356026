"""The held-out slice: whoever writes prompts sees that it is there, and nothing of what it holds.

One walk over every address that could show an example: datasets, playground, runs, scorecards,
prompts, the audit log, and the API of all of them.
"""

import json
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern

from evaluations.datasets import services
from evaluations.datasets.enums import ImportMode
from evaluations.datasets.heldout import is_prompt_author, may_see_content, sight_of
from evaluations.datasets.models import DatasetVersion
from evaluations.datasets.urls import urlpatterns
from portal import api
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.common.errors import Forbidden, Invalid
from tests.factories import datasets, people, runs
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db
# Stands in the input, what is expected, a tag, the context and a must_include of what is held out.
SECRET = "zanzibar"


class Scene:
    """A workload with a prompt, its author, somebody who wrote none, and a held-out example."""

    def __init__(self) -> None:
        scene = runs.scene(6, ("alpha",))
        self.workload, self.author = scene.workload, scene.owner
        self.version: DatasetVersion = scene.version
        self.dataset = scene.version.dataset
        self.reader = people.person("Curator")
        add_member(actor=self.author, workload=self.workload, user=self.reader, role="contributor")
        services.add_example(actor=self.reader, dataset=self.dataset, values=self.held("held-1"))
        self.second = services.commit_version(
            actor=self.reader, dataset=self.dataset, note="with a held-out one"
        )
        # In the draft it says something else, so that a difference has something to tell.
        row = services.change_examples(
            actor=self.reader, dataset=self.dataset, keys=["held-1"], act="tag",
            value=f"{SECRET}-late",
        )  # fmt: skip
        assert row == 1
        self.proposal = services.propose_example(
            actor=self.reader, dataset=self.dataset, values=self.held("held-2"),
            reason="Worth keeping apart.",
        )  # fmt: skip

    def held(self, key: str) -> dict[str, object]:
        return {
            "key": key, "kind": "edge", "held_out": True,
            "input": {"subject": f"{SECRET} {key}", "body": f"my card is in {SECRET}"},
            "expected": {"category": f"{SECRET}-class"}, "must_include": [f"{SECRET} must"],
            "tags": [f"{SECRET}-tag"], "context": [f"{SECRET} context"],
        }  # fmt: skip


@pytest.fixture
def scene() -> Scene:
    return Scene()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def addresses(scene: Scene) -> Iterator[str]:
    """Yield every address that reads something of the workload, with the queries that widen it."""
    base, ref = f"/workloads/{scene.workload.ref}/", scene.dataset.ref
    values = {
        "<str:ref>": scene.workload.ref, "<str:dataset_ref>": ref, "<int:number>": "2",
        "<uuid:proposal_id>": str(scene.proposal.pk), "<path:key>": "held-1",
    }  # fmt: skip
    for pattern in urlpatterns:
        path = f"/{pattern.pattern}"
        if "upload_id" in path:
            continue
        for name, value in values.items():
            path = path.replace(name, value)
        yield path
        yield f"{path}?held_out=show"
    for pattern in api.urlpatterns:
        assert isinstance(pattern, URLPattern)
        path = f"/{pattern.pattern}".replace("/api/v1", "")
        if "datasets" not in path:
            continue
        for name, value in values.items():
            path = path.replace(name, value)
        yield f"/api/v1/{path.lstrip('/')}"
        yield f"/api/v1/{path.lstrip('/')}?held_out=show"
    one = f"{base}datasets/{ref}/"
    for query in ("key=held-1", "key=held-1&held_out=show", "key=held-1&row=1&held_out=show"):
        yield f"{one}examples/edit/?{query}"
    for query in ("slice=yes", "problem=near_duplicate", "kind=edge", "slice=yes&held_out=show"):
        yield f"{one}examples/?{query}"
    for query in ("a=1&b=2", "a=2&b=draft&held_out=show", "a=draft&b=1"):
        yield f"{one}compare/?{query}"
        yield f"/api/v1{one}diff?{query}"
    for query in ("format=csv", "format=jsonl&version=2", "format=csv&version=2&held_out=show"):
        yield f"{one}export/?{query}"
        yield f"/api/v1{one}export?{query}"
    for rest in ("", "datasets/", "playground/", "playground/?q=held", "playground/panel/", "runs/",
                 "evaluation/", "prompts/", "prompts/moves/"):  # fmt: skip
        yield base + rest
    yield f"/api/v1{base}runs"
    yield f"/api/v1{base}playground"
    yield f"/audit/?workload={scene.workload.ref}"
    yield "/audit/"


def body(client: Client, path: str) -> tuple[int, str]:
    answer = client.get(path)
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, data.decode()


def test_a_prompt_author_sees_that_it_is_there_and_nothing_of_it(scene: Scene) -> None:
    client = client_of(scene.author)
    reached = 0
    for path in addresses(scene):
        status, text = body(client, path)
        assert status < 500, path
        assert SECRET not in text.casefold(), f"{path} ({status}) tells"
        reached += status == 200
    assert reached > 45
    # a search finds nothing by its words, tags or problems, though it is found by its key
    one = f"/workloads/{scene.workload.ref}/datasets/{scene.dataset.ref}/"
    for query, found in ((f"q={SECRET}", False), (f"tag={SECRET}-tag", False), ("q=held-1", True)):
        listed = [json.loads(body(client, f"/api/v1{one}examples?{query}")[1])["results"]]
        assert bool(listed[0]) == found, query
    _, page = body(client, f"{one}versions/2/?kind=edge")
    assert re.search(r"held-1.*?held out.*?its content is not shown here", page, re.S)


def test_whoever_wrote_no_prompt_sees_it_on_demand_and_leaves_a_trace(scene: Scene) -> None:
    client = client_of(scene.reader)
    one = f"/workloads/{scene.workload.ref}/datasets/{scene.dataset.ref}/"
    read = AuditEvent.objects.filter(action="dataset.held_out_read")
    for path in (f"{one}examples/", f"{one}versions/2/", f"{one}export/", f"{one}compare/"):
        assert f"in {SECRET}" not in body(client, path)[1].casefold()
    assert not read.exists()
    for path in (f"{one}examples/", f"{one}versions/2/", f"{one}export/", f"{one}compare/",
                 f"{one}proposals/", f"/api/v1{one}examples", f"/api/v1{one}export",
                 f"/api/v1{one}versions/2/examples", f"/api/v1{one}diff"):  # fmt: skip
        before = read.count()
        assert SECRET in body(client, f"{path}?held_out=show")[1].casefold(), path
        assert read.count() == before + 1, path
    assert {event.actor_id for event in read} == {scene.reader.pk}
    assert SECRET not in json.dumps([event.detail for event in AuditEvent.objects.all()])


def test_a_prompt_author_cannot_release_change_or_drop_it(scene: Scene) -> None:
    author, made = scene.author, scene.dataset
    for act in ("release", "remove", "tag", "kind"):
        with pytest.raises(Forbidden) as refused:
            services.change_examples(
                actor=author, dataset=made, keys=["held-1"], act=act, value="edge-x"
                if act == "tag" else "typical",
            )  # fmt: skip
        assert refused.value.code == "held_out"
    with pytest.raises(Forbidden):
        datasets.fill(author, made, {"key": "held-1", "input": "mine", "expected": "now"})
    with pytest.raises(Forbidden):
        services.restore_version(actor=author, version=scene.version)
    with pytest.raises(Forbidden):
        services.record_reading(actor=author, dataset=made, place="page", examples=1)
    # It may hold out more, and what it does to others goes on as before.
    assert services.change_examples(actor=author, dataset=made, keys=["t-0001"], act="hold_out")
    with pytest.raises(Forbidden):
        services.change_examples(actor=author, dataset=made, keys=["t-0001"], act="release")
    assert services.change_examples(actor=scene.reader, dataset=made, keys=["t-0001"],
                                    act="release") == 1  # fmt: skip


def test_who_counts_as_an_author(scene: Scene) -> None:
    assert is_prompt_author(scene.author, scene.workload)
    assert not is_prompt_author(scene.reader, scene.workload)
    assert not may_see_content(scene.author, scene.dataset)
    # Writing in the draft is enough, and what is held out in the draft is hidden in old versions.
    prompt = runs.Prompt.objects.get(workload=scene.workload)
    prompt.draft_authors = [scene.reader.pk]
    prompt.save(update_fields=["draft_authors"])
    assert not may_see_content(scene.reader, scene.dataset)
    services.change_examples(
        actor=scene.reader, dataset=scene.dataset, keys=["t-0001"], act="hold_out"
    )
    sight = sight_of(scene.reader, scene.dataset, shown=True)
    lines = scene.version.lines.select_related("revision")
    assert [x.revision.key for x in lines if sight.hides(x.revision)] == ["t-0001"]


def test_an_import_knows_the_slice_by_its_field_and_by_the_old_tag(scene: Scene) -> None:
    row = {"input": "other words", "expected": "x", "key": "by-tag", "tags": ["Held-Out", "plain"]}
    datasets.fill(scene.reader, scene.dataset, row)
    found = scene.dataset.draft_examples.get(key="by-tag").revision
    assert (found.held_out, found.tags) == (True, ["plain"])
    with pytest.raises(Invalid):
        datasets.fill(scene.reader, scene.dataset, row | {"held_out": "perhaps", "key": "z"})


def test_what_can_be_asked_about_the_slice_tells_a_prompt_author_nothing(scene: Scene) -> None:
    """Similarity and schemas would otherwise be questions that end at the words themselves."""
    client = client_of(scene.author)
    one = f"/workloads/{scene.workload.ref}/datasets/{scene.dataset.ref}/"
    guess = {"subject": f"{SECRET} held-1", "body": f"my card is in {SECRET}!"}
    datasets.fill(scene.author, scene.dataset, {"key": "guess", "input": guess, "expected": "x",
                                            "context": [f"{SECRET} context"]})  # fmt: skip
    # the one who may see is told that the guess is near; the author is told of no such pair
    for user, told in ((scene.reader, True), (scene.author, False)):
        quality = json.loads(body(client_of(user), f"/api/v1{one}quality")[1])
        assert (["guess", "held-1"] in [sorted(p[:2]) for p in quality["near_duplicates"]]) == told
        asked = body(client_of(user), f"/api/v1{one}examples?problem=near_duplicate")[1]
        assert ("guess" in [row["key"] for row in json.loads(asked)["results"]]) == told
    assert ">guess</a>" not in body(client, one)[1]
    assert "guess" not in body(client, f"{one}examples/?problem=near_duplicate&kind=typical")[1]

    # and a schema that would ask what is expected is not theirs to declare; a name is
    scene.dataset.refresh_from_db()
    said = {"If-Match": str(scene.dataset.row_version)}
    asks = {"expected_schema": {"type": "object", "required": ["category"]}}
    for user, values, status in (
        (scene.author, asks, 403),
        (scene.author, {"variables": ["subject"]}, 403),
        (scene.author, {"description": "Tickets of May."}, 200),
    ):
        answer = client_of(user).patch(
            f"/api/v1{one.rstrip('/')}", values, content_type="application/json", headers=said
        )
        assert answer.status_code == status, answer.content
    said = {"If-Match": str(answer.json()["row_version"])}
    answer = client_of(scene.reader).patch(
        f"/api/v1{one.rstrip('/')}", asks, content_type="application/json", headers=said
    )
    assert answer.status_code == 200


def test_an_uploaded_file_is_shown_to_whoever_brought_it_alone(scene: Scene) -> None:
    upload = services.upload_file(
        actor=scene.reader, dataset=scene.dataset, filename="held.jsonl",
        data=json.dumps(scene.held("held-9")).encode(), mode=ImportMode.ADD,
    )  # fmt: skip
    path = f"/workloads/{scene.workload.ref}/datasets/{scene.dataset.ref}/imports/{upload.pk}/"
    for user, status in ((scene.reader, 200), (scene.author, 404)):
        found, text = body(client_of(user), path)
        assert (found, SECRET in text.casefold()) == (status, status == 200)
