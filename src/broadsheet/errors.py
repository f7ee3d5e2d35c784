"""Every error Broadsheet raises on purpose.

Messages are for people: they say what happened and what to do. Surfaces (pages, API, command
line) translate these types once; nothing below `delivery` and `cli` knows about status codes.
"""


class BroadsheetError(Exception):
    """Base of all deliberate errors; `str(error)` is a sentence for the reader."""


class NotFound(BroadsheetError):
    """The thing asked for does not exist here."""


class Gone(NotFound):
    """The thing asked for existed here, and was taken back for good."""


class PermissionDenied(BroadsheetError):
    """The caller may not do this."""


class SignInRequired(PermissionDenied):
    """Nobody is signed in, and only people with an account may do this."""


class InputError(BroadsheetError):
    """What somebody sent cannot be used; `field` names the part of the form, or is empty."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Conflict(BroadsheetError):
    """The thing is not, or no longer, in a state in which this can be done."""


class AlreadyHere(Conflict):
    """A paper that somebody brings is in the library; `key` is its public key."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


class ProviderError(BroadsheetError):
    """Another service that is needed for what somebody wants does not answer, or lies."""


class TooManyRequests(BroadsheetError):
    """Somebody does this too often; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


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
