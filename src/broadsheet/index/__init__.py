"""The search index: derived from the store, disposable, rebuilt at any time; asks nobody.

Words live in Lance; vectors and the small columns that filters need are held in memory.
"""
