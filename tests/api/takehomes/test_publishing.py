"""What becomes of an archive that an author uploads."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest
from sqlalchemy import select, text

from api.problems import Invalid
from api.queue import CHECK
from api.reviews.tables import Change
from api.service import Service
from api.submissions.evidence import rubric_of
from api.takehomes.packing import BadPackage, files_of, pack, suite_digest, unpack
from api.takehomes.publishing import BadUpload, publish
from api.takehomes.reading import by_name
from api.takehomes.tables import Check, RubricVersion, SuiteVersion, Takehome
from api.takehomes.versions import difference
from grader.takehome import shelf
from tests.api.conftest import TESTER
from tests.api.graded import graded


def flatten_files() -> dict[str, bytes]:
    return files_of(shelf() / "flatten")


def published(service: Service, files: dict[str, bytes], waive: str = "") -> SuiteVersion:
    with service.sessions.begin() as session:
        _, suite, _ = publish(
            session, service.blobs, files, TESTER, service.now(), queue=service.queue, waive=waive
        )
        return suite


def checks_queued(service: Service) -> int:
    with service.sessions() as session:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name")
        return int(session.execute(query, {"name": CHECK}).scalar_one())


def test_a_new_version_waits_for_its_check_which_is_queued(service: Service) -> None:
    suite = published(service, flatten_files())

    assert suite.check == Check.WAITING
    assert checks_queued(service) == 1
    with service.sessions() as session:
        assert by_name(session, "flatten").suite_id is None


def test_publishing_the_same_files_again_changes_nothing(service: Service) -> None:
    first, second = published(service, flatten_files()), published(service, flatten_files())

    assert first.id == second.id
    assert checks_queued(service) == 1


def test_a_waived_version_comes_into_force_where_nothing_was_graded(service: Service) -> None:
    suite = published(service, flatten_files(), waive="it ran elsewhere")

    with service.sessions() as session:
        assert by_name(session, "flatten").suite_id == suite.id
    assert checks_queued(service) == 0


def test_a_changed_rubric_is_proposed_where_something_was_graded(service: Service, flatten: Takehome) -> None:
    graded(service, flatten)
    files = flatten_files()
    files["rubric.yaml"] = files["rubric.yaml"].replace(b"weight: 26", b"weight: 46")

    published(service, files)

    with service.sessions() as session:
        change = session.scalars(select(Change)).one()
        assert (change.rubric_id is not None, change.suite_id) == (True, None)
        found = difference(session, by_name(session, "flatten"), 1, 2)
    changed = [(line.sign, line.text.strip()) for line in found.lines if line.sign in "+-"]
    assert changed == [("-", "weight: 26"), ("+", "weight: 46")]


def test_every_problem_of_an_archive_is_told_with_its_file_and_line(service: Service) -> None:
    files = flatten_files()
    del files["brief.md"]
    files["rubric.yaml"] = files["rubric.yaml"].replace(b"weight: 26", b"wieght: 26", 1)

    with pytest.raises(BadUpload) as caught:
        published(service, files)

    assert "brief.md: is missing or empty" in caught.value.problems
    assert any(line.startswith("rubric.yaml:11: ") and "weight" in line for line in caught.value.problems)


def test_what_a_rubric_uses_of_the_library_is_stored_with_it(service: Service) -> None:
    published(service, flatten_files(), waive="it ran elsewhere")

    with service.sessions() as session:
        row = session.scalars(select(RubricVersion)).one()
    assert "use: library" in flatten_files()["rubric.yaml"].decode()
    assert "use: library" not in row.text
    assert rubric_of(row.text).criteria[4].origin == "library/tests@2"


def test_a_waiver_needs_a_reason(service: Service) -> None:
    with pytest.raises(Invalid, match="Say why"):
        published(service, flatten_files(), waive="  ")


# -- archives -----------------------------------------------------------------------------------------


def zipped(files: dict[str, bytes], top: str = "") -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(f"{top}{path}", content)
    return raw.getvalue()


def test_tar_and_zip_give_the_same_files() -> None:
    files = flatten_files()

    assert unpack(pack(files)) == unpack(zipped(files, "flatten/")) == files


def test_what_tools_leave_behind_does_not_change_the_digest() -> None:
    files = flatten_files()
    littered = files | {
        "hidden_tests/__pycache__/a.cpython-313.pyc": b"x",
        ".git/HEAD": b"x",
        "starter/.DS_Store": b"x",
    }

    assert suite_digest(unpack(zipped(littered))) == suite_digest(files)


def test_paths_that_lead_elsewhere_are_refused() -> None:
    with pytest.raises(BadPackage, match="not a plain relative path"):
        unpack(zipped({"../takehome.yaml": b""}))


def test_links_are_refused() -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        link = tarfile.TarInfo("takehome.yaml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)

    with pytest.raises(BadPackage, match="link or a device"):
        unpack(raw.getvalue())


@pytest.mark.parametrize("data", [b"", b"not an archive", b"PK\x03\x04broken", b"\x1f\x8b\x08broken"])
def test_what_is_no_archive_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BadPackage, match="archive"):
        unpack(data)
