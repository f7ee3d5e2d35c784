"""Who a text mentions: `@handle` in its prose, not in its code."""

from __future__ import annotations

import re

MENTION = re.compile(r"(?<![\w/@.`-])@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}[A-Za-z0-9])?)(?![\w@-])")
"""A handle with its sign; an e-mail address and a path hold none."""
MOST_MENTIONS = 20
"""More of them are read as text: nobody calls more people than that in earnest."""
_CODE = re.compile(
    r"^ {0,3}(```+|~~~+)[^\n]*\n.*?(?:^ {0,3}\1|\Z)|(?<!`)(`+)(?!`).+?(?<!`)\2(?!`)",
    re.MULTILINE | re.DOTALL,
)


def mentioned(body: str) -> tuple[str, ...]:
    """The handles that a comment mentions, lower case, each once, in order."""
    prose = _CODE.sub(" ", body) if "`" in body or "~~~" in body else body
    found = dict.fromkeys(match[1].lower() for match in MENTION.finditer(prose))
    return tuple(found)[:MOST_MENTIONS]
