"""A loopback server that answers as arXiv, Crossref, bioRxiv and OpenReview do of single papers."""

from __future__ import annotations

import json

from broadsheet.intake import add_source
from broadsheet.services import Services
from loopback import Loopback

ARXIV = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"
 xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
<opensearch:totalResults>{total}</opensearch:totalResults>{entries}</feed>"""
ENTRY = """<entry><id>http://arxiv.org/abs/{id}v1</id><published>2026-07-20T09:00:00Z</published>
<updated>2026-07-20T09:00:00Z</updated><title>{title}</title>
<summary>We hang bells on forty windmills and count what the birds say of each of them.</summary>
<author><name>Ada Wheel</name></author><author><name>Bo Salt</name></author>
<arxiv:primary_category term="physics.pop-ph"/><category term="physics.pop-ph"/></entry>"""


def use(services: Services, server: Loopback) -> None:
    """Make every look-up of these services ask the loopback server."""
    places = {
        "arxiv-query": {"url": f"{server.url}/arxiv"},
        "crossref": {"url": f"{server.url}/crossref"},
        "biorxiv": {"url": f"{server.url}/details/biorxiv"},
        "medrxiv": {"url": f"{server.url}/details/medrxiv"},
        "openreview": {"url": f"{server.url}/notes", "venue": "Mills.cc/2026/Conference"},
    }
    for kind, options in places.items():
        add_source(services, kind, options, is_paused=True)


def arxiv_knows(server: Loopback, arxiv_id: str, title: str) -> None:
    body = ARXIV.format(total=1, entries=ENTRY.format(id=arxiv_id, title=title))
    server.answer("/arxiv", body=body, query={"id_list": arxiv_id})


def arxiv_knows_nothing(server: Loopback) -> None:
    server.answer("/arxiv", body=ARXIV.format(total=0, entries=""))


def crossref_knows(server: Loopback, path: str, doi: str, title: str) -> None:
    work = {
        "DOI": doi,
        "title": [title],
        "author": [
            {"given": "Ada", "family": "Wheel", "ORCID": "https://orcid.org/0000-0002-1825-0097"},
            {"given": "Bo", "family": "Salt"},
        ],
        "abstract": "<jats:p>Mills are heard from afar.</jats:p>",
        "published": {"date-parts": [[2026, 7, 2]]},
    }
    server.answer(path, body=json.dumps({"status": "ok", "message": work}))
