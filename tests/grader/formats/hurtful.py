"""Sample reports that try to break what shows them: hostile texts and names, and sheer size."""

from __future__ import annotations

from types import MappingProxyType

from grader.evidence import (
    Commit,
    FileCoverage,
    Finding,
    HiddenTests,
    History,
    Mutant,
    Mutation,
    OrderedRun,
    OwnTest,
    OwnTests,
    Place,
    Reading,
    RefusedEntry,
    Resources,
    Suppression,
    TestOutcome,
    Usage,
    Workload,
)
from grader.report import Band, EvidenceLink
from tests.grader.formats.samples import (
    Sample,
    criterion,
    evidence,
    hidden,
    item,
    link_to_finding,
    link_to_test,
    report,
    submission,
)

SCRIPT = "<script>alert(1)</script>"
BREAK_OUT = "\"'><img src=x onerror=alert(1)></style></title></textarea></details>{{7*7}}{% raw %}"
TERMINAL = (
    "\x1b[2J\x1b]8;;http://evil.example\x07click\x1b]8;;\x07\x1b]0;owned\x07\x9b31m\rSCORE 40/40\x08\x00"
)
BIDI = "access\u202e\u2066// only admins\u2069\u2066 \u200b\ufeff\U000e0041"
ZALGO = "z" + "\u0301" * 400
MARKUP = "[bold red]100 %[/bold red] [link=http://evil.example]x[/link] :smile:"
HURT = f"{SCRIPT}{BREAK_OUT}{TERMINAL}{BIDI}{ZALGO}{MARKUP}"

NAMES = (
    f"a{SCRIPT.replace('/', '|')}.py",
    "quote\"'><b>.py",
    "bidi\u202eyp.exe",
    "escape\x1b[31m\r\n.py",
    "n" * 250 + ".py",
    "deep/" * 40 + "x.py",
    "javascript:alert(1)",
    "-rf",
    "spa ce%2e%2e#frag?query.py",
    "\u6f22\u5b57/\u00e4\u00f6\u00fc.py",
)
SOURCE = (
    (
        f"# {HURT}\n'''{SCRIPT}'''\n\x0c\nx = '"
        + "A" * 50_000
        + "'\n\u2028\u2029\n</pre></code></table>\n\rlie\n"
    )
    .replace("\x00", "")
    .encode("utf-8", "surrogatepass")
)  # a NUL would make it binary


def hostile() -> Sample:
    """Hostile bytes wherever a candidate can put them."""
    files = MappingProxyType(
        dict.fromkeys(NAMES, SOURCE)
        | {"binary.bin": bytes(range(256)) * 40, "latin.py": b"caf\xe9 = '\xff\xfe'\n", "empty.py": b""}
    )
    rule_url = "https://docs.astral.sh/ruff/rules/line-too-long/"
    findings = (
        *(
            Finding(tool="ruff", rule="E501", place=Place(path=name, line=number), message=HURT, url=rule_url)
            for number, name in enumerate(NAMES[:6], 1)
        ),
        Finding(tool="ruff", rule=SCRIPT, place=Place(path="../../etc/passwd", line=10**9), message="no file",
                url="javascript:alert(1)"),
    )  # fmt: skip
    test = hidden(f"test_x[{HURT}]", "correctness", TestOutcome.FAILED, message=HURT + "\n" * 4000 + "end",
                  output=TERMINAL * 200 + "x" * 100_000, place=Place(path=NAMES[0], line=2))  # fmt: skip
    document = evidence(
        files,
        submission=submission(files, (RefusedEntry(name=HURT, reason=f"odd name {BIDI}"),)),
        hidden_tests=HiddenTests(suite_digest="sha256:" + "b2" * 32, tests=(test, hidden("ok", "correctness"))),
        own_tests=OwnTests(
            tests=(OwnTest(id=HURT, outcome=TestOutcome.FAILED, message=HURT, place=Place(path=NAMES[1])),),
            coverage=(FileCoverage(path=NAMES[0], statements=3, covered=1, branches=0, branches_covered=0,
                                   missing_lines=(1, 2, 10**9)),),
            mutation=Mutation(
                mutants=(Mutant(place=Place(path=NAMES[0], line=2), diff=f"- {HURT}\n+ {HURT}", outcome="survived"),),
                possible=1, controls=1, controls_rejected=1, unreliable=(HURT,), problem=HURT,
            ),
            orders=(OrderedRun(order="reversed", failing=(HURT,)),),
            problem=HURT,
        ),
        reading=Reading(
            findings=findings,
            suppressions=(Suppression(place=Place(path=NAMES[0], line=1), text=HURT),),
            unreadable=(RefusedEntry(name=NAMES[3], reason=HURT),),
        ),
        resources=Resources(workloads=(
            Workload(name=HURT, test=HURT, outcome=TestOutcome.PASSED),
            Workload(name=HURT, test=test.id, outcome=TestOutcome.PASSED,
                     candidate=Usage(wall_seconds=0, cpu_seconds=1e6, memory_bytes=2**40),
                     reference=Usage(wall_seconds=0, cpu_seconds=0, memory_bytes=0)),
        )),
        history=History(
            commits=(Commit(id="ab" * 20, author=1, seconds=10**12 - 1, message=HURT, files=1, added=2, removed=3),
                     Commit(id="cd" * 20, author=2, seconds=-1, message=f"\r{HURT}\n{HURT}" * 9, is_merge=True),
                     Commit(id="cd" * 20, author=2, seconds=0, message="")),
            authors=2, is_cut=True,
        ),
    )  # fmt: skip
    change = EvidenceLink(kind="mutant", ref=HURT, path=NAMES[0], line=2, text=HURT)
    text = EvidenceLink(kind="file", ref=HURT, path=NAMES[2], line=1, text=HURT)
    commit = EvidenceLink(kind="commit", ref="cd" * 6, text=HURT)
    made = report(
        document,
        criterion("correctness", "Correctness", "Nested keys are joined with a dot.", "weak",
                  item("core", "The examples of the brief work", 1, 4, f"1 of 2 tests passed: {HURT}",
                       evidence=(link_to_test(test), text, commit, change)),
                  item("lint", "Nothing that a linter would stop", 0, 3, "7 findings.", kind="deduction",
                       evidence=tuple(link_to_finding(finding) for finding in findings))),
        band=Band(id="no", title="Not yet", recommendation="Decline."),
        attention=(HURT,),
    )  # fmt: skip
    return made, files


def huge() -> Sample:
    """300 tests, 2,000 findings, a file of 40,000 lines and 150 others."""
    big = "".join(
        f"value_{number} = compute({number}, 'text')  # line {number}\n" for number in range(40_000)
    )
    files = MappingProxyType(
        {"big.py": big.encode()}
        | {
            f"package/module_{number:03}.py": b"import os\n\n\ndef run():\n    return os\n"
            for number in range(150)
        }
    )
    tests = tuple(
        hidden(f"test_case[{number}]", "correctness",
               TestOutcome.FAILED if number % 3 == 0 else TestOutcome.PASSED,
               message=f"AssertionError: case {number}\n" + "assert 1 == 2\n" * 60 if number % 3 == 0 else "",
               place=Place(path="big.py", line=1 + number * 100) if number % 3 == 0 else None)
        for number in range(300)
    )  # fmt: skip
    findings = tuple(
        Finding(tool="ruff", rule=f"E{500 + number % 7}", message=f"Remark {number} on this line",
                place=Place(path="big.py" if number < 1800 else f"package/module_{number % 150:03}.py",
                            line=1 + number * 13 if number < 1800 else 1 + number % 5))
        for number in range(2000)
    )  # fmt: skip
    document = evidence(
        files,
        hidden_tests=HiddenTests(suite_digest="sha256:" + "b2" * 32, tests=tests),
        own_tests=OwnTests(coverage=(
            FileCoverage(path="big.py", statements=40_000, covered=20_000, branches=0, branches_covered=0,
                         missing_lines=tuple(range(2, 40_001, 2))),
        )),
        reading=Reading(findings=findings),
        history=History(commits=tuple(
            Commit(id=f"{number:040x}", author=1, seconds=1_770_000_000, message=f"Step {number} of many",
                   files=1, added=10, removed=0)
            for number in range(500)
        ), authors=1, is_cut=True),
    )  # fmt: skip
    failed = [test for test in tests if test.outcome is TestOutcome.FAILED]
    made = report(
        document,
        criterion("correctness", "Correctness", "Nested keys are joined with a dot.", "mostly",
                  item("core", "All cases work", 20, 30, "200 of 300 tests passed.",
                       evidence=tuple(link_to_test(test) for test in failed[:20]), evidence_left_out=80)),
        criterion("clarity", "Clarity", "We read code more often than we run it.", "poor",
                  item("lint", "Nothing that a linter would stop", 0, 10, "2,000 findings in 40,750 lines.",
                       kind="deduction", evidence=tuple(link_to_finding(one) for one in findings[:20]),
                       evidence_left_out=1980)),
        band=Band(id="maybe", title="Borderline", recommendation="Talk it over with a second reviewer."),
    )  # fmt: skip
    return made, files
