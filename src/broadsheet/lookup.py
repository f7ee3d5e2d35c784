"""Looks one paper up: first in the library, then at the service that its name belongs to.

Only an identifier leaves this machine, and only to the hosts of the kinds of live sources, through
their gates: an address that somebody pastes is never asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TypeVar

from broadsheet.domain import Paper, PaperRecord
from broadsheet.errors import NotFound, SourceError
from broadsheet.pasted import Name, NameKind, named_paper
from broadsheet.services import Services
from broadsheet.sources.live.addresses import host_of
from broadsheet.sources.live.fetching import Fetcher, Gate
from broadsheet.sources.live.harvesting import LookUp, Options, SourceKind
from broadsheet.sources.live.registry import KINDS
from broadsheet.store.identity import identity_of

T = TypeVar("T")

LONGEST_SECONDS = 8.0
"""How long somebody waits for all services together."""
LARGEST_ANSWER = 4 << 20
_PREPRINTS = ("10.1101/", "10.64898/")
_TITLES = {"arxiv-query": "arXiv", "biorxiv": "bioRxiv", "medrxiv": "medRxiv"}


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a name: the `paper` that is here already, or the `record` of a service.

    With neither, `trouble` says in a sentence why; `is_unanswered` tells that a service did not
    answer, so that nobody knows whether there is such a paper.
    """

    name: Name
    paper: Paper | None = None
    record: PaperRecord | None = None
    service: str = ""
    trouble: str = ""
    is_unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """Looks papers up for people; `seconds` is the limit for all that is asked."""

    services: Services
    seconds: float = LONGEST_SECONDS

    def here(self, name: Name) -> Paper | None:
        """The paper of the library that has this name."""
        try:
            return self.services.store.paper(name.value)
        except NotFound:
            return None

    def find(self, text: str, note: Callable[[], None] = lambda: None) -> Found:
        """What is known of the paper that a text names.

        `note` is called before anybody is asked, and may refuse. Raises InputError where the text
        names no paper.
        """
        name = named_paper(text)
        paper = self.here(name)
        if paper is not None:
            return Found(name, paper=paper)
        if name.kind is NameKind.KEY:
            return Found(name, trouble="There is no such paper in this library.")
        note()
        return self._ask(name)

    def _ask(self, name: Name) -> Found:
        kinds = _kinds_for(name)
        titles = " and ".join(_TITLES.get(kind, KINDS[kind].title) for kind in kinds)
        try:
            answer = _within(self.seconds, lambda: self._ask_in_turn(name, kinds))
        except (SourceError, TimeoutError):
            return Found(
                name,
                service=titles,
                trouble=f"{titles} did not answer. Try again in a minute, or fill in the paper by "
                "hand.",
                is_unanswered=True,
            )
        if answer is None:
            return Found(
                name,
                service=titles,
                trouble=f"{titles} {'know' if len(kinds) > 1 else 'knows'} no paper {name}. Check "
                "it, or fill in the paper by hand.",
            )
        record, kind = answer
        service = _TITLES.get(kind, KINDS[kind].title)
        own = Name(NameKind.KEY, identity_of(record).own_key)
        return Found(name, paper=self.here(own), record=record, service=service)

    def _ask_in_turn(self, name: Name, kinds: tuple[str, ...]) -> tuple[PaperRecord, str] | None:
        """The first answer; where none of the services knows it, the first trouble of one."""
        trouble: SourceError | None = None
        for kind in kinds:
            try:
                record = self._ask_one(KINDS[kind], name.value)
            except SourceError as error:
                trouble = trouble or error
            else:
                if record is not None:
                    return record, kind
        if trouble is not None:
            raise trouble
        return None

    def _ask_one(self, kind: SourceKind, value: str) -> PaperRecord | None:
        look_up: LookUp | None = kind.look_up
        if look_up is None:
            return None
        options = self._options(kind)
        fetch = self._fetcher(kind, options["url"])
        try:
            return look_up(fetch, options, value, self.services.clock())
        finally:
            fetch.close()

    def _options(self, kind: SourceKind) -> Options:
        """The kind's own, or those of a live source of the kind: its operator may use a mirror."""
        set_ = (one for one in self.services.store.sources() if one.kind == kind.name)
        source = next(set_, None)
        return kind.completed(source.options if source else {})

    def _fetcher(self, kind: SourceKind, url: str) -> Fetcher:
        host = host_of(url)
        is_own = host.partition(":")[0] in kind.hosts
        settings = self.services.settings
        return Fetcher(
            hosts=frozenset((*kind.hosts, host)) - {""},
            pause_seconds=kind.pause_seconds if is_own else 0.0,
            # Half the time at most goes to waiting, so that nobody is asked for one who has gone.
            gate=Gate(settings.data / "gates", patience=self.seconds / 2),
            contact=settings.contact,
            largest_body=LARGEST_ANSWER,
            longest_answer=self.seconds,
            silence=self.seconds,
        )


def _kinds_for(name: Name) -> tuple[str, ...]:
    """The kinds of live sources to ask, in turn."""
    if name.kind is NameKind.ARXIV:
        return ("arxiv-query",)
    if name.kind is NameKind.FORUM:
        return ("openreview",)
    if not name.value.startswith(_PREPRINTS):
        return ("crossref",)
    servers = ("medrxiv", "biorxiv") if "medrxiv" in name.host else ("biorxiv", "medrxiv")
    return (*servers, "crossref")


def _within(seconds: float, work: Callable[[], T]) -> T:
    """What the work gives. Raises TimeoutError where it takes longer; it then ends by itself."""
    done: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.put((None, error))

    threading.Thread(target=run, name="look-up", daemon=True).start()
    try:
        result, trouble = done.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if trouble is not None:
        raise trouble
    return result  # type: ignore[return-value]
