import pytest

from collector.demo.recording import VRF1, VRF2, Walk


@pytest.mark.parametrize(
    ("instance", "value"),
    [
        ("cikeTunAuthMethod.1", 2),
        ("cikeTunLocalAddr.1", bytes([10, 1, 1, 2])),
        ("cikeTunLocalValue.1", "010.001.001.002"),
        ("cikeTunRemoteName.1", ""),
        ("cipSecTunHcOutOctets.1", 0x2C0),
        ("cipSecSpiValue.1.1", 3891970674),
    ],
)
def test_value(instance, value):
    """A value has the type that its print stands for: label, address, text, hex and decimal number."""
    assert Walk(VRF1).rows[instance] == value


def test_both_walks_have_the_scalars():
    """The context without tunnels shows the same 73 scalars as the one with a tunnel."""
    scalars = [{name for name in Walk(walk).rows if name.endswith(".0")} for walk in (VRF1, VRF2)]
    assert scalars[0] == scalars[1]
    assert len(scalars[0]) == 73


def test_slips_are_mended():
    """The one row that the source printed with a wrong name and a shortened index is whole."""
    rows = Walk(VRF1).rows
    assert not [name for name in rows if "PeerConn" in name]
    (correlation,) = [name for name in rows if name.startswith("cikePeerCorrIpSecTunIndex")]
    (peer,) = [name for name in rows if name.startswith("cikePeerLocalAddr")]
    assert correlation.split(".", 1)[1] == peer.split(".", 1)[1] + ".1"


def test_wrong_type_is_refused():
    """Asking for a number where an address stands, or the other way round, is an error, not a wrong number."""
    walk = Walk(VRF1)
    with pytest.raises(TypeError, match=r"cikeTunLocalAddr\.1"):
        walk.number("cikeTunLocalAddr.1")
    with pytest.raises(TypeError, match=r"cikeTunLifeTime\.1"):
        walk.octets("cikeTunLifeTime.1")
