"""A Ray cluster of several nodes builds the index, one of them killed, and improves vectors."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from programs import Run, invented_paper

from broadsheet.errors import IndexUnavailable
from broadsheet.improving import BATCH, batch_improved, improve
from broadsheet.index import parts as index_parts
from broadsheet.index.words import Filter, WordQuery
from broadsheet.pipeline import rebuild_index, sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from parts import missing_part

PAPERS = 1200
QUERIES = ("lanterns by hand", "glaciers", "harbours district", "year 77")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    if importlib.util.find_spec("ray") is None:
        missing_part("Ray")
    import ray
    from ray.cluster_utils import Cluster

    memory = {"object_store_memory": 80_000_000}
    started = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **memory}
    )
    for _ in range(3):
        started.add_node(num_cpus=1, **memory)
    ray.init(address=started.address, log_to_driver=False)
    yield started
    ray.shutdown()
    started.shutdown()


@pytest.fixture
def services(run: Run, data: Path, tmp_path: Path) -> Iterator[Services]:
    file = tmp_path / "papers.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps(invented_paper(number)) for number in range(PAPERS)))
    run("import", str(file))
    opened = open_services(Settings(data=data, improver="shipped"))
    sync_index(opened)
    yield opened
    opened.store.close()


def answers(services: Services) -> list[tuple[list[int], list[float]]]:
    snapshot = services.index.snapshot()
    found = [snapshot.search_words(WordQuery(query), Filter(), PAPERS) for query in QUERIES]
    return [(ids.tolist(), scores.round(4).tolist()) for ids, scores in found]


def first_task_is_done(services: Services) -> Callable[[], bool]:
    folder = services.settings.data / "index" / "generation-000003"
    return lambda: any(folder.glob("papers.lance/data/*.lance"))


def test_cluster_that_loses_a_node_builds_the_index_that_one_machine_builds(
    cluster: Any, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadsheet.cluster import rebuild_on_ray

    rebuild_index(services)
    alone = answers(services)
    ids = services.index.snapshot().columns.paper_ids.tolist()
    vectors = services.index.snapshot().vectors(ids)
    monkeypatch.setattr(index_parts, "PART_REVISIONS", 100)
    built: list[int] = []
    building = threading.Thread(target=lambda: built.append(rebuild_on_ray(services, "auto")))
    building.start()
    is_under_way = first_task_is_done(services)
    while building.is_alive() and not is_under_way():
        time.sleep(0.02)
    assert building.is_alive()
    victim = next(each for each in cluster.worker_nodes if each is not cluster.head_node)
    cluster.remove_node(victim, allow_graceful=False)
    building.join()
    assert built == [PAPERS]
    assert services.index.state().generation == "generation-000003"
    assert answers(services) == alone
    again = services.index.snapshot().vectors(ids)
    assert all((again[paper_id] == vectors[paper_id]).all() for paper_id in ids)


def test_vectors_that_a_cluster_improves_are_those_of_one_machine(
    cluster: Any, services: Services
) -> None:
    from broadsheet.cluster import hands_on_ray

    with hands_on_ray(services, "auto") as hands:
        done = improve(services, lambda: False, most=3 * BATCH, hands=hands)
    assert done == services.index.state().improved == 3 * BATCH
    snapshot = services.index.snapshot()
    encoder = services.index.state().improver
    found = snapshot.vectors(snapshot.columns.paper_ids.tolist(), encoder)
    ids = sorted(found)[:4]
    documents, vectors = batch_improved(services, ids)
    assert vectors is not None
    for document, vector in zip(documents, vectors, strict=True):
        assert found[document.paper_id] @ vector > 0.999  # a byte a number


def test_trouble_on_the_cluster_keeps_what_is_improved(
    cluster: Any, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadsheet import cluster as on_ray

    elsewhere = services.settings.model_copy(update={"database_url": "sqlite:////dev/null/none"})
    monkeypatch.setattr(on_ray, "_wherever", lambda _: elsewhere)
    with (
        pytest.raises(IndexUnavailable, match=r"could not improve.*stays"),
        on_ray.hands_on_ray(services, "auto") as hands,
    ):
        improve(services, lambda: False, hands=hands)
    assert services.index.state().improved == 0


def test_cluster_that_is_not_there_is_a_sentence(run: Run) -> None:
    done = run("reindex", "--ray", "127.0.0.1:1", code=1)
    assert "no Ray cluster at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_machine_of_the_cluster_that_sees_another_database_stops_the_build(
    cluster: Any, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadsheet import cluster as on_ray

    elsewhere = services.settings.model_copy(
        update={"database_url": f"sqlite:///{tmp_path / 'another.sqlite'}"}
    )
    monkeypatch.setattr(on_ray, "_wherever", lambda _: elsewhere)
    before = services.index.state()
    with pytest.raises(IndexUnavailable, match=r"another database.*stays"):
        on_ray.rebuild_on_ray(services, "auto")
    assert services.index.state() == before
