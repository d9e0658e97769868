from collector.cli.lines import Lines

COLUMNS = (("NAME", "left", lambda row: row[0]), ("AT", "right", lambda row: row[1]))


def test_columns_grow_as_what_comes_needs_it():
    """Lines that are printed stay; later ones stand below their widest cell so far."""
    lines = Lines(COLUMNS)
    assert list(lines.pieces([("a", "1"), ("branch", "22")], header=True)) == [
        "NAME    AT\n",
        "a       1\n",
        "branch  22\n",
    ]
    assert list(lines.pieces([("branch office", "1")], header=False)) == ["branch office  1\n"]
    assert list(lines.pieces([("\N{CJK UNIFIED IDEOGRAPH-4E2D}", "2")], header=False)) == [
        "\N{CJK UNIFIED IDEOGRAPH-4E2D}             2\n"
    ]


def test_nothing_is_a_header():
    """Or no line at all."""
    assert list(Lines(COLUMNS).pieces([], header=True)) == ["NAME  AT\n"]
    assert list(Lines(COLUMNS).pieces([], header=False)) == []


def test_a_terminal_is_not_told_what_to_do():
    """Names come from devices."""
    assert list(Lines(COLUMNS).pieces([("a\x1b[2J\n", "1")], header=False)) == ["a\ufffd[2J\ufffd  1\n"]
