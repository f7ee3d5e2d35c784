"""People: accounts, votes, comments, submissions, curation, collections; who may do what.

Rules only: rows are `store.people`'s, pages and addresses are `delivery`'s.
"""

from broadsheet.community.community import Community, open_community

__all__ = ["Community", "open_community"]
