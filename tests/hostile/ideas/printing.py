"""Text that is a program for whoever shows it: terminals, pages, spreadsheets, CI logs, XML and JSON readers."""

from __future__ import annotations

from typing import Final

from tests.hostile.idea import Idea, in_call, solution

PAYLOADS: Final = {
    "ansi": "\x1b[2J\x1b[1;1H\x1b[32m20 passed\x1b[0m\x1b[8m",
    "osc": "\x1b]0;owned\x07\x1b]8;;http://evil.example\x07click\x1b]8;;\x07\x1b]52;c;ZXZpbA==\x07\x9b2J",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'--></textarea></style></script><svg/onload=alert(1)>",
    "csv": '=HYPERLINK("http://evil.example","20"),+1+1,@SUM(1),-1+1\t=cmd|\' /C calc\'!A0',
    "ci-commands": "::error::x\n::set-output name=points::100\n::add-mask::1\n##vso[task.complete result=Succeeded;]",
    "xml": "]]></failure><testcase name='forged'/><!-- \x00 \x08 \ufffe \ud800 &xxe; <!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "markdown": "[click](javascript:alert(1)) ![x](http://evil.example/x.png) `</code>` | a | b |",
    "template": "{{ 7 * 7 }} {% for x in ().__class__.__mro__ %} ${7*7} %(x)s {0.__class__} \\N{DIGIT ONE}",
    "direction": "\u202e\u2066\u200b\u2028\u2029 dessap 02",
    "json": '"}], "score": {"points": 100, "max": 100}, "x": [{"',
}

IDEAS = (
    *(
        Idea(f"payload-{name}", "be run by whoever shows messages and output", in_call(f"import sys\ntext = {text!r}\nprint(text.encode('utf-8', 'replace').decode())\nsys.stderr.write(text)\nraise type('E', (Exception,), {{'__module__': text}})(text)"))
        for name, text in PAYLOADS.items()
    ),
    Idea(
        "payload-own-tests",
        "be run by whoever shows ids and messages of own tests",
        {
            "flatten.py": solution(),
            "test_payload.py": (
                "import pytest\nimport warnings\n\nPAYLOADS = " + ascii(list(PAYLOADS.values())) + "\n\n\n"
                "@pytest.mark.parametrize('text', PAYLOADS, ids=PAYLOADS)\ndef test_text(text):\n"
                "    print(text.encode('utf-8', 'replace').decode())\n    warnings.warn(text)\n    assert text == '', text\n"
            ).encode(),
        },
    ),
    Idea(
        "payload-file-names",
        "be run by whoever shows file names",
        dict.fromkeys(["<img src=x onerror=alert(1)>.py", "=HYPERLINK(1).py", "'\"><svg onload=alert(1)>.py", "{{7*7}}.py", "$(touch ran).py", "a b;touch ran;.py", "`touch ran`.py", "%s%n.py", "javascript:alert(1).py", "CON.py", "[x](y).py", "test_<b>.py", "+1+1.py"], b"import os\nx=1\n"),
    ),
    Idea(
        "payload-names-in-source",
        "be run by whoever shows findings, functions and suppressions",
        {"payload.py": ("def f(x):  # noqa: <script>alert(1)</script> \x1b[2J \u202e\n    '''<script>alert(1)</script>'''\n    import os\n    return '=cmd|A0'\n\n\nclass \u210ctml: pass\n").encode()},
    ),
)  # fmt: skip
