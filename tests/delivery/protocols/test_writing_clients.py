"""docs/clients.md shows what clients print that write in somebody's name."""

from __future__ import annotations

from collections.abc import Iterator

import harbour
import pytest
from harbour_site import open_harbour, serving
from tools.client_docs import ADDRESS, python_block, settle

from broadsheet.doings import FollowKind
from broadsheet.services import Services
from loopback import Loopback
from people_factories import person
from services_of_papers import arxiv_knows, use

WRITING = f"""
import os
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

def post(path, **body):
    address = f"{ADDRESS}/api/papers/{{path}}"
    headers = build_hf_headers(token=os.environ["HF_TOKEN"])
    reply = get_session().post(address, json=body, headers=headers)
    hf_raise_for_status(reply)
    return reply.json()

comment = post("2608.10001/comment", comment="Which horizon, of how many?")
answer = post(f"2608.10001/comment/{{comment['id']}}/reply", comment="The southern one.")
print(comment["author"]["fullname"], comment["createdAt"], "#" + comment["id"])
print("answers", "#" + answer["parentCommentId"], answer["data"]["latest"]["raw"])
print(post("submit", paperId="2607.12345", comment="Listen to the birds."))

api = HfApi(endpoint="{ADDRESS}", token=False)
print(api.paper_info("2608.10001").comments, api.paper_info("2607.12345").submitted_by.username)
try:
    post("index", arxivId="2607.12345")
except HfHubHTTPError as error:
    print(error.response.status_code, error.server_message)
"""
PERSONAL = f"""
import asyncio
import os
import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

async def main():
    token = {{"Authorization": "Bearer " + os.environ["BROADSHEET_TOKEN"]}}
    async with (
        httpx2.AsyncClient(headers=token) as http,
        Client(streamable_http_client("{ADDRESS}/mcp", http_client=http)) as client,
    ):
        for tool in (await client.list_tools()).tools:
            if not tool.annotations.read_only_hint:
                print(tool.name, "can take away:", tool.annotations.destructive_hint)
        news = await client.call_tool("my_papers", {{"days": 7}})
        for paper in news.structured_content["papers"]:
            print(paper["id"], paper["title"], "|", paper["why"])
        for tool, more in (
            ("save_paper", {{}}),
            ("vote_for_paper", {{}}),
            ("collect_paper", {{"collection": "Harbour nights", "create": True}}),
        ):
            done = await client.call_tool(tool, {{"id": "2608.10002", **more}})
            print({{name: done.structured_content[name] for name in tool_facts[tool]}})
    async with Client("{ADDRESS}/mcp") as nobody:
        refused = await nobody.call_tool("save_paper", {{"id": "2608.10002"}})
        print(refused.is_error, refused.structured_content["error"]["detail"])

tool_facts = {{
    "save_paper": ["id", "saved"],
    "vote_for_paper": ["voted", "votes"],
    "collect_paper": ["is_new", "collection"],
}}
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = open_harbour(tmp_path_factory.mktemp("writers"), harbour.library())
    with Loopback.running() as server:
        arxiv_knows(server, "2607.12345", "Bells on Windmills")
        use(opened, server)
        yield opened


@pytest.fixture(scope="module")
def site(services: Services) -> Iterator[str]:
    with serving(services) as address:
        yield address


@pytest.fixture(autouse=True)
def token(
    services: Services, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token of somebody new, in the environment as its owner would put it there."""
    name = {"huggingface": "bo", "mcp": "cleo"}[request.node.name.split("_of_")[1].split("_")[0]]
    account = person(services, name)
    services.community.follows.follow(account, FollowKind.CATEGORY, "cs.CV")
    secret, _ = services.community.sessions.make_token(account, "docs", can_write=True)
    monkeypatch.setenv("HF_TOKEN", secret)
    monkeypatch.setenv("BROADSHEET_TOKEN", secret)


def test_the_section_of_huggingface_writing_is_what_it_prints(site: str) -> None:
    text = f"""## Hugging Face: writing

With a personal token of this site (Settings, Tokens) in place of one of Hugging Face.

{python_block(WRITING, site)}
| address | body | answer |
|---|---|---|
| POST `/api/papers/{{id}}/comment` | `{{"comment"}}` | 201 and the comment, also under `newMessage` |
| POST `/api/papers/{{id}}/comment/{{number}}/reply` | `{{"comment"}}` | the same, with `parentCommentId` |
| POST `/api/papers/submit` | `{{"paperId", "comment", "media_urls"}}` | 200 and `{{"paperId", "state"}}`; 202 where it waits for an editor |
| POST `/api/papers/index` | `{{"arxivId"}}` | 200 and `{{}}`; 202 where it waits for an editor |
| GET `/api/papers/{{id}}?field=comments` | | the paper with its `comments` |

The rules are those of the pages: limits, verified addresses, moderation. Errors are
`{{"error": sentence}}`: 400 for what cannot be used, 401 without a token of ours, 403 for one that may
not, 404, 409 for what is here already or gone, 429 with `Retry-After` and `RateLimit`. A cookie without
its form token is refused. Comments have 10,000 characters at most (65,536 at Hugging Face), media
are https addresses. Ids may be DOIs; `index` takes arXiv ids. Every paper here belongs to a day, so
`index` lists it as `submit` does. Hugging Face has no address by which programs vote; ours is
`/api/v1/papers/{{id}}/vote`.
"""
    assert settle("huggingface_writing", text) == text.strip()


def test_the_section_of_mcp_for_a_person_is_what_it_prints(site: str) -> None:
    text = f"""## Agents: in somebody's name

{python_block(PERSONAL, site)}
Whose name it is, and what else there is: [mcp.md](mcp.md).
"""
    assert settle("mcp_personal", text) == text.strip()
