"""Everything that pytest loads or obeys when it finds it in the folder of the tests."""

from __future__ import annotations

from tests.hostile.idea import Idea, at_import, in_call, solution, source

_ALL_PASS = source(
    """
    import pytest

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(item, call):
        outcome = yield
        report = outcome.get_result()
        report.outcome, report.longrepr = "passed", None
    """
)
_CATCHES_NOTHING = source(
    """
    import pytest

    def pytest_collection_modifyitems(items):
        del items[:]

    def pytest_runtest_protocol(item, nextitem):
        return True

    def pytest_sessionfinish(session):
        session.exitstatus = 0
    """
)


def _conftest(code: str) -> dict[str, bytes]:
    return {"conftest.py": source(code)}


IDEAS = (
    Idea("conftest-all-reports-passed", "turn every report into a pass", {"conftest.py": _ALL_PASS}),
    Idea(
        "conftest-in-every-folder",
        "be found whatever the root folder is",
        {f"{folder}conftest.py": _ALL_PASS for folder in ["", "tests/", "hidden_tests/", "test/"]},
    ),
    Idea("conftest-no-items", "leave no test that can fail", {"conftest.py": _CATCHES_NOTHING}),
    Idea(
        "conftest-own-tests-pass",
        "let hollow own tests count as good ones",
        {"conftest.py": _ALL_PASS},
        base="hollow tests",
    ),
    Idea(
        "conftest-skips",
        "skip instead of failing",
        _conftest(
            """
            import pytest

            def pytest_runtest_setup(item):
                pytest.skip("nothing to see")
            """
        ),
    ),
    Idea(
        "conftest-xfail",
        "be expected to fail",
        _conftest(
            """
            import pytest

            def pytest_collection_modifyitems(items):
                for item in items:
                    item.add_marker(pytest.mark.xfail(strict=False))
            """
        ),
    ),
    Idea(
        "conftest-exit",
        "leave with a good exit code before anything ran",
        _conftest("import os\nimport pytest\n\ndef pytest_sessionstart(session):\n    os._exit(0)\n"),
    ),
    Idea(
        "conftest-raises-swallows",
        "let pytest.raises accept everything",
        _conftest(
            """
            import contextlib
            import pytest

            pytest.raises = lambda *args, **kwargs: contextlib.suppress(BaseException)
            """
        ),
    ),
    Idea(
        "conftest-empties-asserts",
        "switch assertions off",
        _conftest(
            """
            import _pytest.assertion.rewrite as rewrite

            rewrite.AssertionRewriter.run = lambda self, module: module.body.clear()
            """
        ),
    ),
    Idea(
        "configuration-files",
        "select nothing, load a plug-in, stop at once",
        {
            "pytest.ini": b"[pytest]\naddopts = -p evil -k nothing_at_all --exitfirst --collect-only\npython_files = no.py\n",
            "tox.ini": b"[pytest]\naddopts = -p evil --collect-only\n",
            "setup.cfg": b"[tool:pytest]\naddopts = -p evil --collect-only\n",
            "pyproject.toml": b"[tool.pytest.ini_options]\naddopts = '-p evil --collect-only'\nfilterwarnings = ['error']\n",
            "evil.py": _ALL_PASS,
        },
    ),
    Idea(
        "plugin-by-entry-point",
        "be loaded as an installed plug-in",
        {
            "evil.py": _ALL_PASS,
            "evil-1.0.dist-info/METADATA": b"Name: evil\nVersion: 1.0\n",
            "evil-1.0.dist-info/entry_points.txt": b"[pytest11]\nevil = evil\n",
            "evil.egg-info/entry_points.txt": b"[pytest11]\nevil = evil\n",
        },
    ),
    Idea(
        "plugin-by-variable",
        "be loaded by name from the module or a conftest",
        {
            "conftest.py": b'pytest_plugins = ["evil"]\n',
            "evil.py": _ALL_PASS,
            **at_import('pytest_plugins = ["evil"]\n'),
        },
    ),
    Idea(
        "plugin-by-environment",
        "name a plug-in in the environment of later processes",
        {
            "evil.py": _ALL_PASS,
            **at_import(
                "import os\nos.environ.update(PYTEST_PLUGINS='evil', PYTEST_ADDOPTS='--collect-only', PYTHONPATH='.')\n"
            ),
        },
    ),
    Idea(
        "start-up-files",
        "be run by every interpreter that starts here",
        {
            "sitecustomize.py": b"import os\nos._exit(0)\n",
            "usercustomize.py": b"import os\nos._exit(0)\n",
            "evil.pth": b"import os; os._exit(0)\n",
            "python3.13/site-packages2/evil.pth": b"import os; os._exit(0)\n",
        },
    ),
    Idea(
        "hidden-suite-of-their-own",
        "be taken for the hidden suite",
        dict.fromkeys(
            ["hidden_tests/test_flatten_hidden.py", "test_flatten_hidden.py", "tests/test_flatten_hidden.py"],
            b"def test_keys_are_joined_with_a_dot():\n    assert True\n",
        ),
    ),
    Idea(
        "loaded-pytest-is-changed",
        "change pytest from inside the module under test",
        {
            "flatten.py": solution(
                bottom="""
                import _pytest.python

                _pytest.python.Function.runtest = lambda self: None
                """
            )
        },
    ),
    Idea(
        "skip-in-call",
        "skip the test that calls",
        in_call("import pytest\npytest.skip('not today', allow_module_level=True)"),
    ),
    Idea("xfail-in-call", "be expected to fail", in_call("import pytest\npytest.xfail('known')")),
    Idea("exit-in-call", "end the session", in_call("import pytest\npytest.exit('done', returncode=0)")),
    Idea(
        "unittest-skip-in-call",
        "skip the test that calls",
        in_call("import unittest\nraise unittest.SkipTest('no')"),
    ),
)
