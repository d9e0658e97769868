import re
import runpy

from exporters import docs
from exporters.families import FAMILIES, LEFT_OUT


def test_every_family_is_documented_once():
    """With its type, its labels and its help."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$", docs.document(), re.MULTILINE)
    documented = {name: (kind, labels, text) for name, kind, labels, text in rows}
    assert len(rows) == len(documented)
    assert documented.keys() >= {family.name for family in FAMILIES}
    kind, labels, text = documented["ipsec_tunnel_rekeys_total"]
    assert (kind, labels) == ("counter", "`target`, `vrf`, `tunnel`, `peer`")
    assert text.endswith("(cipSecTunTotalRefreshes, ceipSecTunTotalRefreshes; polled).")
    assert documented["tunnelwatch_target_info"][1] == "`target`, and those of the configuration"
    assert documented["tunnelwatch_scrapes_total"][:2] == ("counter", "`outcome`")
    assert documented["tunnelwatch_event_loop_lag_seconds"][:2] == ("histogram", "")


def test_what_is_left_out_is_documented_with_its_reason():
    """Fields of one entity with the same reason are in one row."""
    text = docs.document()
    for name, reason in LEFT_OUT.items():
        entity, _, field = name.partition(".")
        assert re.search(rf"^\| {entity} \| .*`{field}`.* \| {re.escape(reason)} \|$", text, re.MULTILINE)


def test_the_document_is_written_where_it_belongs(tmp_path, monkeypatch):
    """As `python -m exporters.docs` does it, in UTF-8."""
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    runpy.run_path(docs.__file__, run_name="__main__")
    assert (tmp_path / "docs" / "metrics.md").read_text(encoding="utf-8") == docs.document()
