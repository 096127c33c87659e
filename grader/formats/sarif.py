"""SARIF 2.1.0: the findings, for editors and code scanning.

Only what was found by reading the submission is in it, so it holds no hidden text. The fingerprint of a finding
is made of its rule, its file, the text of its line and how many alike came before it: it survives lines that
move. Findings in code that the starter gave are notes and unchanged; the candidate's are warnings.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from grader.evidence import Finding, Outcome, Place, Reading, SubmittedFile
from grader.formats.interface import AnyReport
from grader.formats.visible import one_line
from grader.report import CandidateReport, Report
from sandbox.contract import Files

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "takehomeGraderFinding/v1"
_ERRORS = frozenset({"bare-except", "silent-handler", "syntax-error", "invalid-syntax"})

Node = dict[str, Any]
"""A JSON object of the format."""


def render(report: AnyReport, files: Files) -> bytes:
    """Write the findings of `report` as one SARIF run. `files` gives the text that fingerprints are made of."""
    findings = _findings(report)
    rules = _rules(findings)
    run: Node = {
        "tool": {"driver": {"name": "takehome-grader", "rules": list(rules.values())}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SUBMISSION": {"description": {"text": "The root of the submission."}}},
        "invocations": [_invocation(report)],
        "artifacts": _artifacts(report),
        "results": _results(findings, list(rules), files),
        "properties": {"outcome": report.outcome.value},
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


def _findings(report: AnyReport) -> Sequence[Finding]:
    """Findings by place. A candidate's report has only those that an item links to."""
    if isinstance(report, CandidateReport):
        found: Iterable[Finding] = _linked(report)
    else:
        found = report.evidence.reading.findings if report.evidence.reading else ()
    return sorted(found, key=lambda one: (one.place.path, one.place.line, one.place.column or 0, one.rule))


def _linked(report: CandidateReport) -> list[Finding]:
    """One finding per place and rule, though several items may rest on it. Links do not say which tool it was."""
    found: dict[tuple[str, int, str, str], Finding] = {}
    for criterion in report.criteria:
        for link in (link for item in criterion.items for link in item.evidence):
            if link.kind == "finding" and link.path is not None:
                place = Place(path=link.path, line=link.line or 1)
                finding = Finding(tool="structure", rule=link.ref, place=place, message=link.text)
                found.setdefault((link.path, place.line, link.ref, link.text), finding)
    return list(found.values())


def _rules(findings: Iterable[Finding]) -> dict[str, Node]:
    """Describe each rule once, in the order in which results first name it."""
    rules: dict[str, Node] = {}
    for finding in findings:
        rule: Node = {"id": _rule_id(finding), "shortDescription": {"text": _rule_id(finding)}}
        if finding.url is not None and finding.url.startswith("https://"):
            rule["helpUri"] = quote(finding.url, safe=":/?#[]@!$&'()*+,;=%")
        rules.setdefault(_rule_id(finding), rule)
    return rules


def _rule_id(finding: Finding) -> str:
    return one_line(finding.rule, 100) or "unnamed"


def _results(findings: Iterable[Finding], rules: list[str], files: Files) -> list[Node]:
    positions = {rule: position for position, rule in enumerate(rules)}
    lines: dict[str, list[bytes]] = {}
    seen: Counter[tuple[str, str, bytes]] = Counter()
    results = []
    for finding in findings:
        path = finding.place.path
        if path not in lines:
            lines[path] = files.get(path, b"").split(b"\n")
        identity = (finding.rule, path, _line(lines[path], finding.place.line))
        seen[identity] += 1
        rule = _rule_id(finding)
        results.append(_result(finding, rule, positions[rule], _fingerprint(identity, seen[identity])))
    return results


def _result(finding: Finding, rule: str, position: int, fingerprint: str) -> Node:
    result: Node = {
        "ruleId": rule,
        "ruleIndex": position,
        "level": _level(finding),
        "message": {"text": one_line(finding.message, 1000) or rule},
        "locations": [{"physicalLocation": _location(finding.place)}],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
    if finding.from_starter:
        result["baselineState"] = "unchanged"
    return result


def _level(finding: Finding) -> str:
    if finding.from_starter:
        return "note"
    return "error" if finding.rule in _ERRORS else "warning"


def _location(place: Place) -> Node:
    region: Node = {"startLine": max(1, place.line)}
    if place.column is not None:
        region["startColumn"] = max(1, place.column)
    if place.end_line is not None and place.end_line >= place.line:
        region["endLine"] = place.end_line
    return {"artifactLocation": _uri(place.path), "region": region}


def _uri(path: str) -> Mapping[str, str]:
    """A relative reference: every byte that could end a path or start a scheme is escaped."""
    return {"uri": quote(path.encode("utf-8", "surrogatepass"), safe="/"), "uriBaseId": "SUBMISSION"}


def _line(lines: list[bytes], number: int) -> bytes:
    return b" ".join(lines[number - 1].split()) if 0 < number <= len(lines) else b""


def _fingerprint(identity: tuple[str, str, bytes], occurrence: int) -> str:
    rule, path, text = identity
    head = f"{rule}\0{path}\0{occurrence}\0".encode("utf-8", "surrogatepass")
    return hashlib.sha256(head + text).hexdigest()[:32]


def _artifacts(report: AnyReport) -> list[Node]:
    if isinstance(report, CandidateReport):
        return []
    return [_artifact(file) for file in report.evidence.submission.files]


def _artifact(file: SubmittedFile) -> Node:
    return {"location": _uri(file.path), "length": file.size, "hashes": {"sha-256": file.sha256}}


def _invocation(report: AnyReport) -> Node:
    """Whether the tools ran, and which files they could not read."""
    reading = report.evidence.reading if isinstance(report, Report) else None
    return {
        "executionSuccessful": report.outcome is not Outcome.INFRASTRUCTURE_FAILED,
        "toolExecutionNotifications": _unreadable(reading) if reading else [],
    }


def _unreadable(reading: Reading) -> list[Node]:
    return [
        {
            "level": "warning",
            "message": {"text": f"not read: {one_line(entry.reason)}"},
            "locations": [{"physicalLocation": {"artifactLocation": _uri(entry.name)}}],
        }
        for entry in reading.unreadable
    ]
