"""The truth: papers and their records in SQL, on SQLite or PostgreSQL.

`store.Store` is the one door; rows never travel beyond this package.
"""

from broadsheet.store.store import Store

__all__ = ["Store"]
