"""docs/clients.md shows what the clients of foreign protocols really print."""

from __future__ import annotations

import shlex

from harbour_site import Hf
from tools.client_docs import ADDRESS, python_block, settle, shell_block

HF_PYTHON = f"""
from huggingface_hub import HfApi

api = HfApi(endpoint="{ADDRESS}", token=False)
for paper in api.list_daily_papers(week="2026-W34", limit=3):
    print(paper.id, paper.upvotes, paper.comments, paper.submitted_at, paper.title)

paper = api.paper_info("2608.10001")
print(paper.submitted_by.fullname, "at", paper.organization.fullname)
print(paper.github_repo, paper.github_stars, paper.project_page)
print(paper.ai_summary, paper.ai_keywords)
print([model.id for model in paper.linked_models])
"""

ARXIV_PYTHON = f"""
import arxiv

client = arxiv.Client(delay_seconds=0)
client.query_url_format = "{ADDRESS}/api/query?{{}}"
search = arxiv.Search(
    query='(ti:lanterns OR co:"harbour days") ANDNOT au:ray',
    sort_by=arxiv.SortCriterion.SubmittedDate,
)
for result in client.results(search):
    print(result.entry_id, result.published.date(), result.primary_category)
    print(result.title, "by", ", ".join(author.name for author in result.authors))
    print(result.comment, "|", result.journal_ref, "|", result.doi)
"""

SICKLE_PYTHON = f"""
from sickle import Sickle

harvester = Sickle("{ADDRESS}/oai")
print(harvester.Identify().repositoryName, harvester.Identify().granularity)
print([found.setSpec for found in harvester.ListSets()])
for record in harvester.ListRecords(metadataPrefix="oai_dc", set="cs:cs:CL"):
    print(record.header.identifier, record.header.datestamp, record.metadata["title"])
record = harvester.GetRecord(
    metadataPrefix="arXivRaw", identifier="oai:broadsheet.localhost:2608.10001"
)
print(record.metadata["date"], record.metadata["report-no"], record.header.setSpecs)
"""

HF_COMMANDS = (
    "hf papers ls --date 2026-08-21",
    "hf papers search 'fog horns' --limit 2",
    "hf papers info 10.1101/2026.08.01.123456 --format json",
    "hf papers read 2608.10002",
)


def test_the_section_of_huggingface_hub_is_what_it_prints(harbour_site: str, hf: Hf) -> None:
    printed = [(command, hf(*shlex.split(command)[2:]).stdout) for command in HF_COMMANDS]
    text = f"""## Hugging Face: `huggingface_hub` and `hf`

The official client and its command, unmodified; only the address is ours.

{shell_block([(f"export HF_ENDPOINT={ADDRESS}", ""), *printed], harbour_site)}
{python_block(HF_PYTHON, harbour_site)}
Reading works as at Hugging Face: `list_daily_papers` with `date`, `week`, `month`, `submitter`,
`sort`, `p` and `limit`, `list_papers`, `paper_info` and `read_paper`. Keys may be DOIs. A saved
token of Hugging Face is ignored. Facts that Hugging Face nests where its client does not look
(summary, code, stars, project page) arrive here.
"""
    assert settle("huggingface_hub", text) == text.strip()


def test_the_section_of_arxiv_is_what_it_prints(harbour_site: str) -> None:
    text = f"""## arXiv's API: the package `arxiv`

{python_block(ARXIV_PYTHON, harbour_site)}
At `/api/query`, by GET or POST: `search_query` with the fields `ti au abs co jr cat rn id all`,
`submittedDate` and `lastUpdatedDate` ranges, `AND OR ANDNOT`, parentheses and quotation marks;
`id_list` with versions; `start`, `max_results` (2,000 at a time), `sortBy`, `sortOrder`. Errors are a feed
with one entry and status 400.

Where arXiv leaves open what is meant, this holds here: AND and ANDNOT bind more closely than OR;
words side by side must all be found; `cat:cs.*` and `cat:cs` mean the whole archive; a star elsewhere
is an error; initials of authors (`au:lin_a`) are passed over. Words are compared by their stem, and
`abs:` looks into the title and the authors too, because the index keeps the three together. Papers
without an arXiv id have their page here as `id`. Of older versions only the date is known.
"""
    assert settle("arxiv", text) == text.strip()


def test_the_section_of_sickle_is_what_it_prints(harbour_site: str) -> None:
    text = f"""## OAI-PMH: `sickle`

{python_block(SICKLE_PYTHON, harbour_site)}
At `/oai`, by GET or POST: all six verbs; `oai_dc` for every paper, `arXiv` and `arXivRaw` for those with an
arXiv id; sets as arXiv names them, wider ones included (`cs`, `cs:cs`, `physics`); datestamps to the
second; deleted records for ever. A resumption token holds the state of its list, so it survives
restarts and never expires; what changes during a harvest comes again at its end, so nothing is
lost. Votes and comments change no datestamp. Identifiers carry the host of `BROADSHEET_BASE_URL`
(`broadsheet.localhost` without it), and `BROADSHEET_CONTACT` is the address of the administrator.
"""
    assert settle("sickle", text) == text.strip()
