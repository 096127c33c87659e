from pathlib import Path


def test_the_bug_is_fixed():
    """Fails on the original code, whatever the bug is."""
    assert "pytest" in (Path(__file__).parent.parent / "ledger" / "__init__.py").read_text()
