"""The sample edition: landmark papers that give a fresh install something to read and search.

`edition.jsonl` beside this file holds one paper a line; the README there describes its keys.
"""
