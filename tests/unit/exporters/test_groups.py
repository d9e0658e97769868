from types import SimpleNamespace

from collector.model import IsakmpPolicy
from collector.store import ContextKey
from collector.tunnels import run
from collector.tunnels.tunnel import NO_IKE
from exporters.families import Subject
from exporters.families.declare import labels
from exporters.families.policy import ISAKMP_POLICY
from exporters.families.tunnel import IKE
from exporters.groups import Group, make_group, shown_group, target_group
from exporters.labels import LabelBlocks

SUBJECT = Subject(name="thing", labels=labels("name"))
CONTEXT = [("target", "hub1")]


def rows(*names):
    return [SimpleNamespace(name=name) for name in names]


def test_each_row_gets_its_label_block():
    """In the order of the rows."""
    group = run(make_group(SUBJECT, rows("a", "b"), LabelBlocks(CONTEXT), limit=10))
    assert group.blocks == ['{target="hub1",name="a"} ', '{target="hub1",name="b"} ']
    assert [row.name for row in group.rows] == ["a", "b"]
    assert (group.infos, group.over) == ({}, 0)


def test_rows_beyond_the_limit_are_counted():
    """Together with those that were left out before."""
    group = run(make_group(SUBJECT, rows("a", "b", "c"), LabelBlocks(CONTEXT), limit=2, over=5))
    assert ([row.name for row in group.rows], group.over) == (["a", "b"], 6)


def test_rows_that_labels_do_not_tell_apart_are_exposed_once():
    """Texts that differ only beyond what fits in a label: the first is exposed, the other counted."""
    long = "x" * 300
    group = run(make_group(SUBJECT, rows(long + "1", long + "2"), LabelBlocks(CONTEXT), limit=10))
    assert (len(group.blocks), group.rows[0].name, group.over) == (1, long + "1", 1)


def test_infos_have_blocks_of_their_own():
    """All labels of the info, after those of the subject; empty ones are left out."""
    row = IsakmpPolicy(priority=10, encryption="des3", hash="sha", dh_group="unknown(14)")
    group = run(make_group(ISAKMP_POLICY, [row], LabelBlocks(CONTEXT), limit=10))
    block = '{target="hub1",priority="10",encryption="des3",hash="sha",dh_group="unknown(14)"} '
    assert group.infos == {"ipsec_gateway_isakmp_policy_info": [block]}


def test_an_info_has_no_block_where_there_is_nothing_to_tell():
    """Of a tunnel without an SA, the info of the SA; of one that never ended, the info of its end."""
    known = {"name": "a", "peer": "b", "description": "Olten", "configured": True, "expectation": "no", "labels": ()}
    row = SimpleNamespace(**known, last_end_at=None, last_end_reason=None, seen=NO_IKE)
    group = run(make_group(IKE, [row], LabelBlocks(CONTEXT), limit=10))
    assert group.infos == {
        "ipsec_ike_config_info": [
            '{target="hub1",tunnel="a",peer="b",description="Olten",configured="true",expected="no"} '
        ],
        "ipsec_ike_last_end_info": [""],
        "ipsec_ike_info": [""],
    }


def test_an_info_has_the_labels_that_the_configuration_adds():
    """Rows with one value under different names are told apart."""
    known = {"peer": "b", "description": "", "configured": True, "expectation": "no"}
    ended = {"last_end_at": 5.0, "last_end_reason": "peerLost", "seen": NO_IKE}
    blocks = LabelBlocks(CONTEXT)
    for name in ("site", "customer"):
        row = SimpleNamespace(name="a", **known, **ended, labels=((name, "x"),))
        group = run(make_group(IKE, [row], blocks, limit=10))
        assert group.infos["ipsec_ike_config_info"] == [
            f'{{target="hub1",tunnel="a",peer="b",configured="true",expected="no",{name}="x"}} '
        ]
    assert group.infos["ipsec_ike_last_end_info"] == ['{target="hub1",tunnel="a",peer="b",reason="peerLost"} ']


def test_many_rows_are_rendered_in_steps():
    """Blocks and infos pause every hundred rows."""
    assert sum(1 for _ in make_group(SUBJECT, rows(*map(str, range(250))), LabelBlocks(CONTEXT), limit=1_000)) == 2
    policies = [SimpleNamespace(priority=n, encryption="", hash="", authentication="", dh_group="") for n in range(250)]
    assert sum(1 for _ in make_group(ISAKMP_POLICY, policies, LabelBlocks(CONTEXT), limit=1_000)) == 4


def test_clipping_leaves_out_the_last_rows():
    """Infos are clipped alike; a group that fits stays the same object."""
    group = Group(["a", "b"], [1, 2], {"i": ["x", "y"]}, 3)
    assert group.clipped(1) == Group(["a"], [1], {"i": ["x"]}, 4)
    assert group.clipped(0) == Group([], [], {"i": []}, 5)
    assert group.clipped(2) is group


def test_how_much_is_shown_is_told_of_tunnels_always_and_of_others_if_something_is_not():
    """Nothing is silently cut."""
    groups = {"tunnel": Group(["t"], [1], {}), "map": Group(["m"], [1], {}, 2), "switch": Group(["s"], [1], {})}
    shown = shown_group(ContextKey("hub1", "vrf1"), groups)
    assert list(zip(shown.blocks, shown.rows, strict=True)) == [
        ('{target="hub1",vrf="vrf1",kind="tunnel"} ', ("tunnel", 1, 0)),
        ('{target="hub1",vrf="vrf1",kind="map"} ', ("map", 1, 2)),
    ]


def test_a_target_has_the_labels_of_the_configuration():
    """On its info only."""
    group = target_group("hub1", {"site": 'Zürich "HB"'})
    assert group.infos == {"tunnelwatch_target_info": ['{target="hub1",site="Zürich \\"HB\\""} ']}
