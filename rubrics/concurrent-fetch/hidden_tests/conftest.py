"""Makes the marker known where this suite is run by hand with plain pytest."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "criterion(id): the criterion of rubric.yaml that this test decides")
