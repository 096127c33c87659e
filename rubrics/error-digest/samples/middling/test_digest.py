import digest


def write(tmp_path, *codes):
    log = tmp_path / "a.log"
    with open(log, "w") as f:
        for code in codes:
            f.write('{"time": "2026-03-01T12:00:00+00:00", "level": "error", "code": "%s"}\n' % code)
    return str(log)


def test_counts(tmp_path, capsys):
    digest.main([write(tmp_path, "A", "B", "B")])
    assert capsys.readouterr().out == "2\tB\n1\tA\n"


def test_top(tmp_path, capsys):
    digest.main([write(tmp_path, "A", "B", "B"), "--top", "1"])
    assert capsys.readouterr().out == "2\tB\n"


def test_missing():
    assert digest.main(["nothing.log"]) == 1
