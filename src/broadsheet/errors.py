"""Every error Broadsheet raises on purpose.

Messages are for people: they say what happened and what to do. Surfaces (pages, API, command
line) translate these types once; nothing below `delivery` and `cli` knows about status codes.
"""


class BroadsheetError(Exception):
    """Base of all deliberate errors; `str(error)` is a sentence for the reader."""


class NotFound(BroadsheetError):
    """The thing asked for does not exist here."""


class PermissionDenied(BroadsheetError):
    """The caller may not do this."""


class ConfigurationError(BroadsheetError):
    """The settings contradict each other or the machine; nothing was started."""


class StorageError(BroadsheetError):
    """The data folder or database cannot be used: full, read-only, locked or damaged."""


class QueryError(BroadsheetError):
    """A search query does not parse.

    `position` is the zero-based character offset in the query at which reading failed.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class SourceError(BroadsheetError):
    """A source could not be read.

    `permanent` tells whether trying again can help; `retry_after` is in seconds, when known.
    """

    def __init__(
        self, message: str, *, permanent: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class RecordError(BroadsheetError):
    """One record of a batch cannot be used; the rest of the batch goes on.

    `record_id` names the record in its source, or is empty when it has no name.
    """

    def __init__(self, message: str, record_id: str = "") -> None:
        super().__init__(message)
        self.record_id = record_id


class IndexUnavailable(BroadsheetError):
    """The search index is missing, damaged or being built; lists from the store still work."""
