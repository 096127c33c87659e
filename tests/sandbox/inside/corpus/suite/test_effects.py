"""Printing, input, warnings, logs, time, chance, files, exceptions and patches."""

import contextlib
import datetime
import importlib
import io
import logging
import random
import sys
import tempfile
import time
import types
import unittest
import warnings
from unittest import mock

import pytest

import effects


def test_printed_text_is_captured(capsys):
    effects.greet()
    assert capsys.readouterr() == ("hello\n", "oops\n")


def test_what_programs_print_is_captured(capfd):
    effects.shout()
    assert capfd.readouterr().out == "raw\nchild\npython\n"


def test_redirected_output():
    with contextlib.redirect_stdout(io.StringIO()) as out:
        effects.greet()
    assert out.getvalue() == "hello\n"


def test_input_by_monkeypatch(monkeypatch):
    monkeypatch.setattr("builtins.input", lambda prompt: f"{prompt}ann")
    assert effects.ask() == "name? ann"


def test_input_from_stdin(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("bob\nrest"))
    assert (effects.ask(), effects.read_all(), capsys.readouterr().out) == ("bob", "rest", "name? ")


def test_input_set_on_the_module():
    effects.input = lambda prompt: "eve"
    assert effects.ask() == "eve"
    del effects.input


def test_warnings():
    with pytest.warns(DeprecationWarning, match="new"):
        effects.old()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DeprecationWarning):
            effects.old()


def test_logs(caplog):
    effects.log()
    assert caplog.record_tuples == [("effects", logging.ERROR, "bad 5")]


class UnittestStyle(unittest.TestCase):
    def test_logs(self):
        with self.assertLogs("effects", "ERROR") as logs:
            effects.log()
        self.assertEqual(["ERROR:effects:bad 5"], logs.output)

    def test_raises(self):
        with self.assertRaisesRegex(effects.ShopError, r"^sold out: \d$") as caught:
            effects.fail()
        self.assertEqual(7, caught.exception.code)
        self.assertRaises(effects.SoldOut, effects.fail)

    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertEqual(number, effects.call(abs, -number))

    @mock.patch("effects.now", return_value=1)
    def test_patch_decorator(self, _):
        self.assertEqual(1, effects.now())


def test_time_stands_still(monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    assert (effects.nap(), slept) == ("slept", [100])
    with mock.patch("time.time", return_value=5):
        assert effects.now() == 5
    with mock.patch("effects.time") as double:
        double.time.return_value = 6
        assert effects.now() == 6
    assert effects.now() > 6


def test_a_date_of_the_test():
    class Fixed(datetime.date):
        @classmethod
        def today(cls):
            return cls(2021, 1, 1)

    original, datetime.date = datetime.date, Fixed
    try:
        assert effects.today() == original(2021, 1, 1)
    finally:
        datetime.date = original


def test_seeded_chance():
    random.seed(3)
    first = effects.draw()
    random.seed(3)
    assert first == effects.draw()
    random.seed(3)
    assert first == [random.randint(1, 10**6) for _ in range(3)]


def test_constants_and_state_of_the_module(monkeypatch):
    monkeypatch.setitem(effects.SETTINGS, "depth", 2)
    assert effects.setting("depth") == 2
    monkeypatch.setattr(effects, "SETTINGS", {})
    assert effects.setting("depth") is None
    effects.calls = 10
    assert effects.count() == 11 == effects.calls
    importlib.reload(effects)
    assert effects.calls == 0


def test_environment(monkeypatch):
    monkeypatch.setenv("BRIDGE_TEST", "1")
    assert effects.environment("BRIDGE_TEST") == "1"
    monkeypatch.delenv("BRIDGE_TEST")
    assert effects.environment("BRIDGE_TEST") is None


def test_files(tmp_path):
    path = tmp_path / "a.txt"
    effects.write(path, "hi")
    assert path.read_text() == "hi"
    path.write_text("yo")
    assert effects.read(str(path)) == "yo"
    with pytest.raises(FileNotFoundError) as caught:
        effects.read(tmp_path / "none")
    assert caught.value.errno == 2


def test_files_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    effects.write("b.txt", "1")
    assert (tmp_path / "b.txt").read_text() == "1"


def test_temporary_files_of_the_submission(tmp_path):
    path = effects.temporary("text")
    with open(path) as file:
        assert file.read() == "text"
    assert path.startswith(tempfile.gettempdir())


def test_opened_files_can_be_doubles():
    with mock.patch("builtins.open", mock.mock_open(read_data="data")) as opened:
        assert effects.read("nowhere") == "data"
    opened.assert_called_once_with("nowhere")


def test_exceptions():
    with pytest.raises(effects.ShopError, match="sold out") as caught:
        effects.fail()
    assert (type(caught.value), caught.value.args, str(caught.value)) == (effects.SoldOut, ("sold out: 3",), "sold out: 3")
    with pytest.raises(effects.ShopError) as caught:
        effects.fail_because()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(RecursionError, match="maximum recursion depth exceeded"):
        effects.forever(0)
    with pytest.raises(SystemExit) as left:
        effects.leave()
    assert left.value.code == 3


def test_exceptions_of_the_test_pass_through():
    class Mine(Exception):
        pass

    mine = Mine("x")

    def fail():
        raise mine

    with pytest.raises(Mine) as caught:
        effects.call(fail)
    assert caught.value is mine
    assert effects.name_of_error(fail) == "Mine"


def test_eval_of_a_representation():
    from shapes import Vector

    assert eval(repr(Vector(1, 2))) == Vector(1, 2)


def test_a_package_that_is_missing_is_doubled():
    double = mock.MagicMock()
    double.dump.return_value = "text"
    assert effects.dump(1) == "not installed"
    with mock.patch.dict(sys.modules, odd_yaml=double):
        assert effects.dump([1]) == "text"
    double.dump.assert_called_once_with([1])
    assert effects.dump(1) == "not installed"


def test_a_package_that_is_there_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "odd_yaml", types.SimpleNamespace(dump=str))
    assert effects.dump(1) == "1"
    monkeypatch.setitem(sys.modules, "odd_yaml", None)
    assert effects.dump(1) == "not installed"


def test_modules_made_by_a_test(monkeypatch):
    package, module = types.ModuleType("odd_client"), types.ModuleType("odd_client.http")
    package.http, module.post = module, lambda text: text.upper()
    monkeypatch.setitem(sys.modules, "odd_client", package)
    monkeypatch.setitem(sys.modules, "odd_client.http", module)
    assert effects.shout_via_client("a") == "A"
    module.post = lambda text: text * 2
    assert effects.shout_via_client("a") == "aa"
