"""Builds the index on a Ray cluster, and improves vectors on it, wherever there is room.

Needs the extra `cluster`, the same settings and AWS_* variables on every machine, a database that
all of them reach, and an index that all of them write: a bucket, or a shared folder.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from broadsheet.errors import BroadsheetError, ConfigurationError, IndexUnavailable
from broadsheet.improving import Hands, Improved, batch_improved
from broadsheet.index.parts import Bench, Job
from broadsheet.index.places import place_of
from broadsheet.pipeline import feed_of
from broadsheet.process import tune
from broadsheet.services import Services, first_encoder, open_services
from broadsheet.settings import Settings

LOCAL = "local"
_KNOCK_SECONDS = 5
TRIES = 20
"""How often a part is begun anew after its machine or process was lost."""


def rebuild_on_ray(
    services: Services, address: str, report: Callable[[int], None] = lambda _: None
) -> int:
    """Build the index anew on the cluster at an address, then swap; the number of papers it holds.

    `local` uses this machine alone, `auto` the cluster that RAY_ADDRESS names. Raises
    ConfigurationError when there is no such cluster, IndexUnavailable when it cannot do the work;
    the index in use stays.
    """
    with _joined(address) as ray:
        hands = _RayHands(ray, _wherever(services.settings))
        try:
            return services.index.rebuild(feed_of(services), report, hands).documents
        except ray.exceptions.RayError as error:
            raise IndexUnavailable(
                f"The cluster could not build the search index: {_reason(error)}. "
                "The one in use stays."
            ) from error


@contextmanager
def hands_on_ray(services: Services, address: str) -> Iterator[Hands]:
    """Hands for `improving.improve` on the cluster at an address: every processor makes vectors.

    This process writes them, so a machine that is lost costs its batches, which others do again.
    Raises ConfigurationError when there is no such cluster, IndexUnavailable when it cannot do the
    work; what has been improved stays.
    """
    with _joined(address) as ray:
        task = ray.remote(num_cpus=1, max_retries=TRIES)(_improved)
        settings = _wherever(services.settings)
        ahead = 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))

        def each(batches: Sequence[Sequence[int]]) -> Iterator[Improved]:
            waiting = deque(task.remote(settings, batch) for batch in batches[:ahead])
            for following in range(len(batches)):
                if following + ahead < len(batches):
                    waiting.append(task.remote(settings, batches[following + ahead]))
                yield ray.get(waiting.popleft())

        try:
            yield each
        except ray.exceptions.RayError as error:
            raise IndexUnavailable(
                f"The cluster could not improve vectors: {_reason(error)}. "
                "What has been improved stays."
            ) from error


@contextmanager
def _joined(address: str) -> Iterator[Any]:
    """Ray with a cluster; one that this process has not joined before is left at the end."""
    ray = _import_ray()
    is_ours = not ray.is_initialized()
    if is_ours:
        _join(ray, address)
    try:
        yield ray
    finally:
        if is_ours:
            ray.shutdown()


def _wherever(settings: Settings) -> Settings:
    """The same settings, in whatever folder a process runs."""
    changes: dict[str, Any] = {"data": settings.data.resolve()}
    if settings.index and "://" not in settings.index:
        changes["index"] = str(Path(settings.index).resolve())
    return settings.model_copy(update=changes)


def _import_ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise ConfigurationError(
            "A cluster needs Ray, which is not installed: pip install 'broadsheet[cluster]'."
        ) from error
    return ray


def _join(ray: Any, address: str) -> None:
    try:
        if address == LOCAL:
            ray.init(address=LOCAL, log_to_driver=False, include_dashboard=False)
        else:
            _knock(address)
            ray.init(address=address, log_to_driver=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigurationError(
            f"There is no Ray cluster at {address} ({_last_line(error)}). Start one with "
            "`ray start --head`, or use --ray local."
        ) from error


def _knock(address: str) -> None:
    """Raise OSError unless somebody listens at HOST:PORT; Ray itself tries for a minute."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=_KNOCK_SECONDS).close()


def _reason(error: BaseException) -> str:
    """What a task said, where it said it on purpose."""
    cause = getattr(error, "cause", None)
    return str(cause).rstrip(".") if isinstance(cause, BroadsheetError) else _last_line(error)


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(error).__name__


@dataclass(frozen=True, slots=True)
class _RayHands:
    """Does jobs as Ray's tasks, one processor each."""

    ray: Any
    settings: Settings

    def do(self, jobs: Sequence[Job]) -> Iterator[Any]:
        task = self.ray.remote(num_cpus=1, max_retries=TRIES)(_work)
        waiting = [task.remote(self.settings, job) for job in jobs]
        for each in waiting:
            yield self.ray.get(each)


def _work(settings: Settings, job: Job) -> Any:
    """Do one job in a process of the cluster."""
    return job.run(_bench(settings))


def _improved(settings: Settings, paper_ids: Sequence[int]) -> Improved:
    """Make the better vectors of some papers in a process of the cluster."""
    return batch_improved(_services(settings), paper_ids)


@lru_cache(maxsize=1)
def _bench(settings: Settings) -> Bench:
    """What this process builds with, made once."""
    place = place_of(settings.effective_index, may_use_http=settings.index_http)
    return Bench(place, feed_of(_services(settings)), first_encoder())


@lru_cache(maxsize=1)
def _services(settings: Settings) -> Services:
    tune()
    return open_services(settings)
