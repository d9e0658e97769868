import pytest

from collector.cli import main


@pytest.fixture
def mib(reference):
    return reference / "mibs" / "CISCO-IPSEC-POLICY-MAP-MIB.mib"


def test_a_mib_becomes_a_table_file(mib, capsys):
    """Facts are filled in; what they mean is left to be said."""
    assert main(["mibs", "compile", str(mib)]) == 0
    text = capsys.readouterr().out
    assert "mib: CISCO-IPSEC-POLICY-MAP-MIB" in text
    assert "ipSecPolMapCryptoMapName: {number: 2, syntax: DisplayString, class: static, field: }" in text


def test_a_table_file_can_be_written(mib, tmp_path, capsys):
    """-o writes the same to a file."""
    output = tmp_path / "table.yaml"
    assert main(["mibs", "compile", str(mib), "-I", str(mib.parent), "-o", str(output)]) == 0
    assert main(["mibs", "compile", str(mib)]) == 0
    assert output.read_text() == capsys.readouterr().out


def test_what_is_no_mib_is_exit_code_1(tmp_path, capsys):
    """A text that cannot be read as a MIB is named."""
    path = tmp_path / "holiday.txt"
    path.write_text("Dear all,\n")
    assert main(["mibs", "compile", str(path)]) == 1
    assert "holiday.txt" in capsys.readouterr().err


def test_writing_to_nowhere_is_exit_code_1(mib, capsys):
    """A file that cannot be written is named."""
    assert main(["mibs", "compile", str(mib), "-o", "/nonexistent/table.yaml"]) == 1
    assert "writing /nonexistent/table.yaml: No such file or directory" in capsys.readouterr().err
