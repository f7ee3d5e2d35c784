"""What an OAI-PMH 2.0 repository answers: all six verbs over the store's walk by change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from broadsheet import __version__
from broadsheet.delivery.protocols.oai_arguments import (
    ListState,
    OaiError,
    datestamp,
    in_words,
    read_token,
)
from broadsheet.delivery.protocols.oai_formats import ARXIV_ONLY, FORMATS
from broadsheet.delivery.protocols.oai_sets import sets_of, tree_of
from broadsheet.delivery.xml_writing import element, holding, plain
from broadsheet.services import Services
from broadsheet.store.harvest_listing import HarvestItem
from broadsheet.store.ingest import LONGEST_KEY

PAGE = 500
"""Records of one answer: about a megabyte, a fifth of a second."""
PAGE_OF_HEADERS = 5_000
_OAI = "http://www.openarchives.org/OAI/2.0/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_MAIL = re.compile(r"\S+@(\S+\.)+\S+")
_DOMAIN = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z][a-zA-Z0-9-]*)+")
_UNNAMED = "broadsheet.localhost"
_SIGNS = "/~:._-()@$,;!*'=+"


class Provider:
    """Answers requests; `origin` is the public address of this site."""

    def __init__(self, services: Services, origin: str) -> None:
        self._services = services
        self._harvest = services.store.harvest
        self._origin = origin
        self._address = origin + "/oai"

    def envelope(self, shown: dict[str, str], content: str) -> str:
        """The root element around an answer."""
        attributes = {name: plain(value) for name, value in shown.items()}
        parts = [
            element("responseDate", in_words(self._services.clock())),
            element("request", self._address, **attributes),
            content,
        ]
        location = f"{_OAI} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
        spaces = {"xmlns": _OAI, "xmlns:xsi": _XSI, "xsi:schemaLocation": location}
        return holding("OAI-PMH", parts, spaces)

    def answer(self, given: dict[str, str]) -> str:
        """The element of the verb; raises OaiError."""
        verb = given["verb"]
        if verb == "Identify":
            parts = self._identify()
        elif verb == "ListMetadataFormats":
            parts = self._formats(given.get("identifier"))
        elif verb == "ListSets":
            parts = self._sets(given)
        elif verb == "GetRecord":
            parts = self._one(given["identifier"], given["metadataPrefix"])
        else:
            parts = self._list(_state(given))
        return holding(verb, parts)

    def _identify(self) -> Iterator[str]:
        earliest = self._harvest.earliest() or self._services.clock()
        contact = self._services.settings.contact
        yield element("repositoryName", "Broadsheet")
        yield element("baseURL", self._address)
        yield element("protocolVersion", "2.0")
        yield element("adminEmail", contact if _MAIL.fullmatch(contact) else f"unset@{_UNNAMED}")
        yield element("earliestDatestamp", datestamp(earliest))
        yield element("deletedRecord", "persistent")
        yield element("granularity", "YYYY-MM-DDThh:mm:ssZ")
        yield element("compression", "gzip")
        yield holding("description", [self._identifier_description()])
        yield holding("description", [element("generator", f"Broadsheet {__version__}", xmlns="")])

    def _identifier_description(self) -> str:
        space = "http://www.openarchives.org/OAI/2.0/oai-identifier"
        return holding(
            "oai-identifier",
            [
                element("scheme", "oai"),
                element("repositoryIdentifier", self._repository),
                element("delimiter", ":"),
                element("sampleIdentifier", self._identifier("1706.03762")),
            ],
            {"xmlns": space, "xsi:schemaLocation": f"{space} {space}.xsd"},
        )

    @property
    def _repository(self) -> str:
        """The name in identifiers: the host that the operator set, never one of a request."""
        host = urlsplit(self._services.settings.base_url).hostname or ""
        return host if _DOMAIN.fullmatch(host) else _UNNAMED

    def _identifier(self, key: str) -> str:
        return f"oai:{self._repository}:{quote(key, safe=_SIGNS)}"

    def _formats(self, identifier: str | None) -> Iterator[str]:
        names = list(FORMATS)
        if identifier is not None:
            item = self._item(identifier)
            if item.is_deleted:
                raise OaiError("noMetadataFormats", "The record is deleted.")
            is_arxiv = item.paper is not None and item.paper.arxiv_id
            names = [name for name in names if is_arxiv or name not in ARXIV_ONLY]
        for name in names:
            found = FORMATS[name]
            yield holding(
                "metadataFormat",
                [
                    element("metadataPrefix", name),
                    element("schema", found.schema),
                    element("metadataNamespace", found.namespace),
                ],
            )

    def _sets(self, given: dict[str, str]) -> Iterator[str]:
        if "resumptionToken" in given:
            raise OaiError("badResumptionToken", "The list of sets comes whole, without a token.")
        for spec, name in tree_of(self._harvest.labels()).items():
            parts = [element("setSpec", spec), element("setName", plain(name))]
            yield holding("set", parts)

    def _one(self, identifier: str, prefix: str) -> Iterator[str]:
        if prefix not in FORMATS:
            message = f"There is no format {prefix:.60}. There are {', '.join(FORMATS)}."
            raise OaiError("cannotDisseminateFormat", message)
        item = self._item(identifier)
        if prefix in ARXIV_ONLY and item.paper is not None and not item.paper.arxiv_id:
            message = f"This paper has no arXiv id, so there is no {prefix} of it."
            raise OaiError("cannotDisseminateFormat", message)
        yield self._record(item, prefix)

    def _item(self, identifier: str) -> HarvestItem:
        start = f"oai:{self._repository}:"
        key = unquote(identifier.removeprefix(start))
        is_ours = identifier.startswith(start) and len(key) <= LONGEST_KEY and "\0" not in key
        item = self._harvest.item(key) if is_ours and key.isprintable() else None
        if item is None:
            raise OaiError("idDoesNotExist", f"There is no item {identifier:.100}.")
        return item

    def _list(self, state: ListState) -> Iterator[str]:
        is_whole = state.verb == "ListRecords"
        size = PAGE if is_whole else PAGE_OF_HEADERS
        within = state.range
        items = self._harvest.walk(within, state.after, size + 1, with_papers=is_whole)
        has_more = len(items) > size
        items = items[:size]
        if not items and state.after is None:
            raise OaiError("noRecordsMatch", "No record matches; nothing has changed there.")
        for item in items:
            yield self._record(item, state.prefix) if is_whole else self._header(item)
        yield self._resumption(state, items, has_more=has_more)

    def _resumption(self, state: ListState, items: list[HarvestItem], *, has_more: bool) -> str:
        """The token of the next page; an empty one ends a list of several."""
        if not has_more and state.after is None:
            return ""
        size = state.size or self._harvest.count(state.range)
        given = state.given + len(items)
        following = ""
        if has_more:
            last = (items[-1].changed_at, items[-1].key)
            following = replace(state, after=last, given=given, size=size).token()
        return element(
            "resumptionToken",
            following,
            completeListSize=str(max(size, given)),
            cursor=str(state.given),
        )

    def _record(self, item: HarvestItem, prefix: str) -> str:
        parts = [self._header(item)]
        if item.paper is not None:
            written = FORMATS[prefix].write(item.paper, item.records, self._origin)
            parts.append(holding("metadata", [written]))
        return holding("record", parts)

    def _header(self, item: HarvestItem) -> str:
        parts = [
            element("identifier", self._identifier(item.key)),
            element("datestamp", datestamp(item.changed_at)),
            *(element("setSpec", spec) for spec in sets_of(item.labels)),
        ]
        return holding("header", parts, {"status": "deleted"} if item.is_deleted else None)


def _state(given: dict[str, str]) -> ListState:
    verb = given["verb"]
    if "resumptionToken" in given:
        return read_token(given["resumptionToken"], verb)
    return ListState(
        verb,
        given["metadataPrefix"],
        given.get("from", ""),
        given.get("until", ""),
        given.get("set", ""),
    )
