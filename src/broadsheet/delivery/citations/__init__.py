"""How to cite papers, in the formats that reference managers read."""

from broadsheet.delivery.citations.bibtex import bibtex, citation_key, publication_day

__all__ = ["bibtex", "citation_key", "publication_day"]
