"""What CI systems read with: the parsers under GitLab and Jenkins, and a reader with rules of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from junit2htmlreport.parser import Junit
from lxml import etree

from grader.evidence import Finding, HiddenTests, OwnTest, OwnTests, Place, Reading
from grader.evidence import TestOutcome as Went
from grader.formats import junit, sarif
from grader.report import candidate_view
from tests.grader.formats.hurtful import HURT
from tests.grader.formats.samples import evidence, hidden, samples
from tests.grader.formats.test_sarif import wrong

SAMPLES = samples()
MIDDLING, _ = SAMPLES["middling"]()
XML = (
    *("]]>", "<![CDATA[", "<!--", "-->", "<?xml version='1.0'?>", "&lt;", "&#0;", "&#x1b;", "&undefined;"),
    *("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>", "</testcase></testsuite>", "\ufffe\uffff"),
    *("\x00", "\x0b\x1b", "\x85\u2028", "\ud800", "\r\n", "\t", " ", "'\"", "x" * 20_000, "line\n" * 5_000),
)
Text = st.one_of(
    st.text(st.characters(), max_size=40),
    st.lists(st.sampled_from(XML), min_size=1, max_size=4).map("".join),
)
JAVA = """
import java.io.File;
import javax.xml.parsers.DocumentBuilderFactory;
public class Read {
    public static void main(String[] files) throws Exception {
        for (String file : files) {
            var document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new File(file));
            System.out.println(document.getElementsByTagName("testcase").getLength() + " "
                + document.getElementsByTagName("failure").getLength() + " "
                + document.getElementsByTagName("error").getLength());
        }
    }
}
"""


def read(written: bytes) -> etree._Element:
    """As libxml2 reads it with its own limits (Nokogiri, which GitLab uses): no repair, no huge texts."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False, huge_tree=False)
    return etree.fromstring(written, parser)


def counts(root: etree._Element) -> tuple[int, int, int]:
    return tuple(len(root.findall(f".//{name}")) for name in ("testcase", "failure", "error"))  # type: ignore[return-value]


def written() -> dict[str, bytes]:
    """The JUnit XML of every sample, for both kinds of readers."""
    found = {}
    for name, make in SAMPLES.items():
        made, files = make()
        found[name] = junit.render(made, files)
        found[f"{name}-candidate"] = junit.render(candidate_view(made), files)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=Text, message=Text, output=Text)
def test_no_name_message_or_output_breaks_the_files(name: str, message: str, output: str) -> None:
    """Everything below comes from a candidate: the number of tests that CI counts must not be theirs to choose."""
    place = Place(path=name or "x", line=1)
    tests = (hidden(f"test_x[{name}]", "a", Went.FAILED, message=message, output=output, place=place),)
    own = OwnTests(
        tests=(OwnTest(id=name, outcome=Went.FAILED, message=message, place=place),),
        coverage=(),
        problem=output,
    )
    finding = Finding(tool="ruff", rule=name, place=place, message=message)
    made = MIDDLING.model_copy(
        update={
            "evidence": evidence(
                {"x.py": b""},
                hidden_tests=HiddenTests(suite_digest="sha256:" + "b2" * 32, tests=tests),
                own_tests=own,
                reading=Reading(findings=(finding,)),
            )
        }
    )

    root = read(junit.render(made, {}))
    document = json.loads(sarif.render(made, {}))

    assert counts(root) == (4, 2, 1)
    assert {element.tag for element in root.iter()} <= {
        *("testsuites", "testsuite", "testcase", "properties", "property", "failure", "error", "system-out"),
    }
    assert len(document["runs"][0]["results"]) == 1
    assert wrong(document) == []


def test_a_reader_with_rules_of_its_own_finds_the_same(tmp_path: Path) -> None:
    for name, data in written().items():
        file = tmp_path / f"{name}.xml"
        file.write_bytes(data)
        found = Junit(str(file))
        cases = [case for suite in found.suites for case in suite.all()]
        root = read(data)
        assert len(cases) == counts(root)[0], name
        assert sum(case.failed() for case in cases) == sum(counts(root)[1:]), name
        assert "<html" in found.html()


def test_the_parser_that_jenkins_has_finds_the_same(tmp_path: Path) -> None:
    """Jenkins reads JUnit with the parser of its Java: stricter about characters than most."""
    if shutil.which("javac") is None:
        pytest.skip("no Java compiler on this machine (Debian: apt-get install default-jdk-headless)")
    files = {name: tmp_path / f"{name}.xml" for name in written()}
    for name, data in written().items():
        files[name].write_bytes(data)
    source = tmp_path / "Read.java"
    source.write_text(JAVA, "utf-8")
    ran = subprocess.run(
        ["java", source, *files.values()], check=True, capture_output=True, text=True, timeout=120
    )

    expected = [counts(read(data)) for data in written().values()]
    assert [tuple(map(int, line.split())) for line in ran.stdout.splitlines()] == expected


def test_what_a_reader_shows_of_a_hostile_name_is_on_one_line() -> None:
    root = read(written()["hostile"])
    names = [case.get("name") or "" for case in root.iter("testcase")]
    assert any("\\x1b" in name for name in names)
    assert all(name.isprintable() for name in names)
    assert HURT not in names
