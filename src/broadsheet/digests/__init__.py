"""Which papers a reader's digest holds: the lists they follow, since the last one, never twice.

Asks the ranking for listings as a page does; how a digest looks is `delivery.mail`'s.
"""

from broadsheet.digests.editor import Digest, Editor, Past, Section

__all__ = ["Digest", "Editor", "Past", "Section"]
