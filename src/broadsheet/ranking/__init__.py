"""Which papers, in what order, and why: query language, search, similar papers, trending.

Rankers answer with ids, scores and reasons; pages are made of them in `listings`.
"""
