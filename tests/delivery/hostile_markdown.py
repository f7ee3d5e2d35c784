"""Comments that try to run a script, in every way we know of; and comments that try to cost time.

Each attack, if it worked, would set `window.broken`.
"""

from __future__ import annotations

from collections.abc import Iterator

RUN = "window.broken=1"
N = 10_000


def attacks() -> list[str]:
    """All attacks, each once."""
    kinds = (
        _scripts(), _handlers(), _addresses(), _entities(), _foreign(), _documents(), _styles(),
        _titles(), _nested(), _mutating(), _formulas(), _mentions(), _tables_and_code(), _breaking(),
    )  # fmt: skip
    return list(dict.fromkeys(attack for kind in kinds for attack in kind))


def _scripts() -> Iterator[str]:
    yield f"<script>{RUN}</script>"
    yield f"<SCRIPT>{RUN}</SCRIPT>"
    yield f"<scr<script>ipt>{RUN}</scr</script>ipt>"
    yield f"<script >{RUN}</script >"
    yield f"<script/x>{RUN}</script>"
    yield f"<script\n>{RUN}</script\n>"
    yield f"<script\x0c>{RUN}</script>"
    yield f"<script\x00>{RUN}</script>"
    yield f"<\x00script>{RUN}</script>"
    yield f"<scr\x00ipt>{RUN}</scr\x00ipt>"
    yield "<script src=//evil.example/x.js></script>"
    yield "<script src='data:text/javascript,window.broken=1'></script>"
    yield f"<script type=module>{RUN}</script>"
    yield f"<<script>{RUN}//<</script>"
    yield f"<script>{RUN}"
    yield f"\\<script>{RUN}\\</script>"
    yield f"text\n<script>\n{RUN}\n</script>\ntext"
    yield f"- <script>{RUN}</script>"
    yield f"> <script>{RUN}</script>"
    yield f"# <script>{RUN}</script>"
    yield f"**<script>{RUN}</script>**"
    yield f"<noscript><script>{RUN}</script></noscript>"
    yield f"</script><script>{RUN}</script>"


def _handlers() -> Iterator[str]:
    for tag in (
        "img src=x",
        "video src=x",
        "audio src=x",
        "input autofocus",
        "body",
        "details open",
    ):
        for event in ("onerror", "onload", "onfocus", "ontoggle", "onmouseover"):
            yield f"<{tag} {event}={RUN}>"
    yield f"<img src=x onerror='{RUN}'//"
    yield f"<img/src=x/onerror={RUN}>"
    yield f"<img src=x o\nnerror={RUN}>"
    yield f'<img src="x`" onerror="{RUN}">'
    yield f"<a onclick={RUN} href=#>x</a>"
    yield f"<p onpointerenter={RUN}>x</p>"
    yield f"<marquee onstart={RUN}>x</marquee>"
    yield f"<select autofocus onfocus={RUN}></select>"
    yield f"<xss contenteditable onblur={RUN} autofocus>"
    yield f"<div style='animation:x' onanimationstart={RUN}>"
    yield f"<object data=x onerror={RUN}>"


def _addresses() -> Iterator[str]:
    schemes = (
        "javascript:", "JAVASCRIPT:", "JavaScript:", "java\tscript:", "java\nscript:", "\x01javascript:",
        " javascript:", "javascript :", "javascript\u00a0:", "vbscript:", "livescript:", "data:text/html,",
        "data:text/html;base64,", "data:image/svg+xml,", "blob:", "file:///", "view-source:javascript:",
        "feed:javascript:", "about:", "jar:", "intent:", "ｊavascript:", "javascript&colon;",
        "javascript%3A", "java%0ascript:", "&#106;avascript:", "&#x6A;avascript:", "&#0000106avascript:",
        "&Tab;javascript:", "java&NewLine;script:", "java&#x09;script:", "jav&#x0A;ascript:",
        "\u202ejavascript:", "javascript:\u2028", "\\javascript:", "javas\\cript:", "//evil.example/",
        "/\\evil.example/", "\\\\evil.example/", "https:javascript:", "x:javascript:",
    )  # fmt: skip
    for scheme in schemes:
        yield f"[x]({scheme}{RUN})"
    for scheme in schemes[:14]:
        yield f"<{scheme}{RUN}>"
        yield f"[x](<{scheme}{RUN}>)"
        yield f"![x]({scheme}{RUN})"
    yield f"[x]: javascript:{RUN}\n\n[x] [x][] [a][x]"
    yield f"[x](javascript:{RUN}//https://good.example)"
    yield f'[x](https://good.example/"onmouseover="{RUN})'
    yield f'https://good.example/"onmouseover="{RUN}'
    yield f"https://good.example/'onmouseover='{RUN}"
    yield f"https://good.example/`onmouseover={RUN}"
    yield f"https://good.example/<img src=x onerror={RUN}>"
    yield f"http://javascript:{RUN}@x"
    yield f'<https://good.example/"onload={RUN}>'
    yield f'<mailto:a@b.example"onload={RUN}>'


def _entities() -> Iterator[str]:
    yield f"&lt;script&gt;{RUN}&lt;/script&gt;"
    yield f"&#60;script&#62;{RUN}&#60;/script&#62;"
    yield f"&#x3c;script&#x3e;{RUN}&#x3c;/script&#x3e;"
    yield f"&amp;lt;script&amp;gt;{RUN}"
    yield f"%3Cscript%3E{RUN}%3C/script%3E"
    yield f"\\u003cscript\\u003e{RUN}"
    yield f"＜script＞{RUN}＜/script＞"
    yield f"&lt;img src=x onerror={RUN}&gt;"
    yield f"&#0;<script>{RUN}</script>"
    yield f"&#xD800;<script>{RUN}</script>"


def _foreign() -> Iterator[str]:
    yield f"<svg onload={RUN}>"
    yield f"<svg/onload={RUN}>"
    yield f"<svg><script>{RUN}</script></svg>"
    yield f"<svg><script xlink:href=data:,{RUN} /></svg>"
    yield f"<svg><a xlink:href=javascript:{RUN}><text x=20 y=20>x</text></a></svg>"
    yield f"<svg><animate onbegin={RUN} attributeName=x dur=1s>"
    yield f"<svg><set attributeName=href to=javascript:{RUN}></svg>"
    yield f"<svg><foreignObject><img src=x onerror={RUN}></foreignObject></svg>"
    yield f"<svg><use href='data:image/svg+xml,<svg id=x onload={RUN}>#x'></svg>"
    yield f"<math><a xlink:href=javascript:{RUN}>x</a></math>"
    yield f"<math href=javascript:{RUN}>x</math>"
    yield f"<math><mtext><img src=x onerror={RUN}></mtext></math>"
    yield f"<math><annotation-xml encoding=text/html><img src=x onerror={RUN}></annotation-xml></math>"
    yield f"<math><maction actiontype=statusline xlink:href=javascript:{RUN}>x</maction></math>"


def _documents() -> Iterator[str]:
    yield f"<iframe src=javascript:{RUN}></iframe>"
    yield f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>"
    yield f"<embed src=javascript:{RUN}>"
    yield f"<object data=javascript:{RUN}></object>"
    yield f"<frameset onload={RUN}></frameset>"
    yield f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>"
    yield f"<base href=javascript:{RUN}//>"
    yield f"<form action=javascript:{RUN}><button>x</button></form>"
    yield f"<button formaction=javascript:{RUN}>x</button>"
    yield f"<isindex action=javascript:{RUN} type=image>"
    yield "<link rel=stylesheet href=//evil.example/x.css>"
    yield "<portal src=//evil.example></portal>"
    yield f"<template><script>{RUN}</script></template>"
    yield f"<xml><i><b>&lt;img src=x onerror={RUN}&gt;</b></i></xml>"


def _styles() -> Iterator[str]:
    yield f"<style>@import 'javascript:{RUN}';</style>"
    yield f"<div style='background:url(javascript:{RUN})'>x</div>"
    yield f"<div style='width:expression({RUN})'>x</div>"
    yield f"<style><img src=x onerror={RUN}></style>"
    yield "<p style=position:fixed;inset:0>over everything</p>"


def _titles() -> Iterator[str]:
    for title in (
        f'"><img src=x onerror={RUN}>', f"'><script>{RUN}</script>", f'\\" onmouseover={RUN} x=\\"',
        f"&quot; onmouseover=&quot;{RUN}", f"`onmouseover={RUN}", f"</a><script>{RUN}</script>",
    ):  # fmt: skip
        yield f"[x](https://good.example '{title}')" if "'" not in title else f"[x](/ ({title}))"
        yield f'![{title}](https://good.example/i.png "t")'
        yield f"[{title}](https://good.example)"


def _nested() -> Iterator[str]:
    yield f"[a[b](javascript:{RUN})](https://good.example)"
    yield f"[![x](javascript:{RUN})](javascript:{RUN})"
    yield f"[x](https://good.example/[y](javascript:{RUN}))"
    yield f"[x]([y](javascript:{RUN}))"
    yield f"[[[[x](javascript:{RUN})](/)](/)](/)"
    yield f"![[x](javascript:{RUN})](x)"
    yield f'[x](<https://good.example/> "t" onload={RUN})'
    yield f"[x](https://good.example){{onclick={RUN}}}"
    yield f"`` ` `` [x](javascript:{RUN}) ``"
    yield f"*[x*](javascript:{RUN})"
    yield f"[x\n](javascript:{RUN})"
    yield f"[x](\njavascript:{RUN}\n)"


def _mutating() -> Iterator[str]:
    yield f'<noscript><p title="</noscript><img src=x onerror={RUN}>">'
    yield f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">'
    yield f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>"
    yield f'<svg></p><style><a id="</style><img src=1 onerror={RUN}>">'
    yield f'<textarea><img title="</textarea><img src=x onerror={RUN}>"></textarea>'
    yield f'<title><a title="</title><img src=x onerror={RUN}>">'
    yield f"<listing>&lt;img src=x onerror={RUN}&gt;</listing>"
    yield f"<plaintext><img src=x onerror={RUN}>"
    yield f"<xmp><img src=x onerror={RUN}></xmp>"
    yield f"<noembed><img src=x onerror={RUN}></noembed>"
    yield f'<table><tr><td><svg><p><style><g title="</style><img src=x onerror={RUN}>">'
    yield f"<!--><img src=x onerror={RUN}>-->"
    yield f"<!-- --!><img src=x onerror={RUN}> -->"
    yield f"<![CDATA[<img src=x onerror={RUN}>]]>"
    yield f"<?xml <img src=x onerror={RUN}> ?>"
    yield f"<!DOCTYPE x [<!ENTITY y '<img src=x onerror={RUN}>'>]>"
    yield f'<img alt="`><img src=x onerror={RUN}>`">'
    yield f"a<!--{'-' * 50}><img src=x onerror={RUN}>"


def _formulas() -> Iterator[str]:
    yield f"$\\text{{<script>{RUN}</script>}}$"
    yield f"$\\href{{javascript:{RUN}}}{{x}}$"
    yield f"$\\url{{javascript:{RUN}}}$"
    yield f"$$<img src=x onerror={RUN}>$$"
    yield f'\\(\\class{{x" onload="{RUN}}}{{y}}\\)'
    yield f"\\[\\style{{background:url(javascript:{RUN})}}{{x}}\\]"
    yield f"$\\unicode{{x3c}}script>{RUN}$"
    yield f"$x$<script>{RUN}</script>$y$"
    yield f"$a\\\\<img src=x onerror={RUN}>$"
    yield f"\ue0000\ue001<script>{RUN}</script>"
    yield f"$&lt;img src=x onerror={RUN}&gt;$"
    yield f"$\\begin{{matrix}}<svg onload={RUN}>\\end{{matrix}}$"


def _mentions() -> Iterator[str]:
    yield f'@bob"onclick={RUN}'
    yield f"@<script>{RUN}</script>"
    yield f"@bob<img src=x onerror={RUN}>"
    yield "@../../sign-out"
    yield f"@javascript:{RUN}"


def _tables_and_code() -> Iterator[str]:
    yield f"| a |\n|---|\n| <img src=x onerror={RUN}> |"
    yield f"| [x](javascript:{RUN}) |\n|---|\n| b |"
    yield f'|a|\n|:-" onload={RUN}:|\n|b|'
    yield f'```"><script>{RUN}</script>\nx\n```'
    yield f"```js onload={RUN}\n</code></pre><script>{RUN}</script>\n```"
    yield f"`</code><script>{RUN}</script>`"
    yield f"    </pre><img src=x onerror={RUN}>"
    yield f"~~~\n</code></pre><svg onload={RUN}>\n~~~"
    yield f"1{'0' * 8}. <img src=x onerror={RUN}>"


def _breaking() -> Iterator[str]:
    yield f"</div></li></ol><script>{RUN}</script>"
    yield f"</textarea><script>{RUN}</script>"
    yield f'"><script>{RUN}</script>'
    yield f"'-{RUN}-'"
    yield f"{{{{{RUN}}}}}"
    yield f"{{% raw %}}<script>{RUN}</script>"
    yield f"${{{RUN}}}"
    yield f"*/{RUN}/*"
    yield f"]]><script>{RUN}</script>"


BOMBS: dict[str, str] = {
    "opening brackets": "[" * N,
    "pairs of brackets": "[" * (N // 2) + "]" * (N // 2),
    "links left open": "[a](" * (N // 4),
    "destinations left open": "[a](<b" * (N // 6),
    "titles left open": '[a](b "' * (N // 7),
    "images": "![" * (N // 2),
    "quotations": ">" * N,
    "lines of quotations": (">" * 99 + "\n") * 100,
    "lists in lists": "- " * (N // 2),
    "lists in quotations": "> - " * (N // 4),
    "stars": "*" * N,
    "emphasis left open": "*a " * (N // 3),
    "mixed emphasis": "*a_ " * (N // 4),
    "nested emphasis": "*a **b " * 700 + "c** d*" * 700,
    "tildes": "~~a" * (N // 3),
    "backticks of all lengths": "".join("`" * each + "a" for each in range(1, 140)),
    "angle brackets": "<" * N,
    "comments": "<!--" * (N // 4),
    "ampersands": "&" * N,
    "a table of bars": "|" * (N - 10) + "\n|-|-",
    "a wide table": "a|" * 1600 + "\n" + "-|" * 1600 + "\nx" * 1000,
    "a long table": "|a" * 20 + "\n" + "|-" * 20 + "\n" + "|\n" * 4900,
    "many tables": "a|\n-|\n" * 1600,
    "backslashes": "\\" * N,
    "blank lines": "a" + "\n" * (N - 2) + "b",
    "hard breaks": "a  \n" * 2500,
    "dollars": "$" * N,
    "formulas left open": "$a " * (N // 3),
    "displays left open": "$$a\n" * (N // 4),
    "thousands of formulas": "".join(f"$x_{{{each}}}$ " for each in range(1000)),
    "deep braces": ("$" + "{" * 990 + "}" * 990 + "$ ") * 5,
    "deep roots": ("$" + "\\sqrt{" * 280 + "x" + "}" * 280 + "$ ") * 5,
    "deep matrices": ("$" + "\\begin{matrix}" * 70 + "\\end{matrix}" * 70 + "$ ") * 4,
    "fences": "```\n" * 2500,
    "mentions": "@bob " * (N // 5),
    "addresses": "http://a " * (N // 9),
    "an address of dots": "http://a." + "a." * 4990,
    "references": "[foo]: /" + "u" * 5000 + "\n\n" + "[foo]" * 1000,
    "combining marks": "a" + "\u0301" * (N - 1),
    "everything": "[*_`~$<@&!\\|>#-" * 600,
}
"""Comments of 10,000 characters at most that make some reader of Markdown slow."""
