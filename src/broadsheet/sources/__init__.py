"""What comes in: bytes of a file become `PaperRecord`s, one module per format.

Nothing here knows of the store, the index or the surfaces.
"""
