"""Where each notification makes us look."""

import pytest

from collector.interpret.hints import Hint, hint
from collector.model import Notification
from collector.tables import load

KNOWN = load().notifications
INDEX = "4711"


def notified(name, index=None, **fields):
    """The notification of that name as it is read, about a row if it is about one at all."""
    known = KNOWN[name]
    said = {
        "happening": known.happening,
        "level": known.level,
        "module": known.module,
        "table": known.table.name if known.table else None,
        "index": index,
    }
    return Notification(source="trap", name=name, received_at=0.0, sender="192.0.2.1", **said | fields)


ROWS = {
    "cikeTunnelStart": ("ike", "ike", "cikeTunnelTable", ()),
    "cikeTunnelStop": ("ike", "ike", "cikeTunnelTable", ("history",)),
    "cipSecTunnelStart": ("ipsec", "child", "cipSecTunnelTable", ()),
    "cipSecTunnelStop": ("ipsec", "child", "cipSecTunnelTable", ("history",)),
    "cipSecEarlyTunTerm": ("ipsec", "child", "cipSecTunnelTable", ("history",)),
    "ciscoEnhIpsecFlowTunnelStart": ("enhanced", "child", "ceipSecTunnelTable", ()),
    "ciscoEnhIpsecFlowTunnelStop": ("enhanced", "child", "ceipSecTunnelTable", ("enhanced-history",)),
    "ciscoIpsSgTunnelStart": ("signaling", "ike", "cisgIpsSgTunnelTable", ()),
    "ciscoIpsSgTunnelStop": ("signaling", "ike", "cisgIpsSgTunnelTable", ("signaling-history",)),
    "bgpEstablished": ("bgp", None, "bgpPeerTable", ()),
    "bgpBackwardTransition": ("bgp", None, "bgpPeerTable", ()),
    "bgpEstablishedNotification": ("bgp", None, "bgpPeerTable", ()),
    "bgpBackwardTransNotification": ("bgp", None, "bgpPeerTable", ()),
    "cbgpFsmStateChange": ("bgp", None, "bgpPeerTable", ()),
    "cbgpBackwardTransition": ("bgp", None, "bgpPeerTable", ()),
    "cbgpPrefixThresholdExceeded": ("bgp", None, "bgpPeerTable", ()),
    "cbgpPrefixThresholdClear": ("bgp", None, "bgpPeerTable", ()),
    "cbgpPeer2EstablishedNotification": ("bgp", None, "cbgpPeer2Table", ()),
    "cbgpPeer2BackwardTransNotification": ("bgp", None, "cbgpPeer2Table", ()),
    "cbgpPeer2FsmStateChange": ("bgp", None, "cbgpPeer2Table", ()),
    "cbgpPeer2BackwardTransition": ("bgp", None, "cbgpPeer2Table", ()),
    "cbgpPeer2PrefixThresholdExceeded": ("bgp", None, "cbgpPeer2Table", ()),
    "cbgpPeer2PrefixThresholdClear": ("bgp", None, "cbgpPeer2Table", ()),
}
WHOLE = {
    "cikeSysFailure": ("failures", "ike"),
    "cikeCertCrlFailure": ("failures", "ike"),
    "cikeProtocolFailure": ("failures", "ike"),
    "cikeNoSa": ("failures", "ike"),
    "cipSecSysFailure": ("failures", "child"),
    "cipSecSetUpFailure": ("failures", "child"),
    "cipSecProtocolFailure": ("failures", "child"),
    "cipSecNoSa": ("failures", "child"),
    "cipsIsakmpPolicyAdded": ("policy", None),
    "cipsIsakmpPolicyDeleted": ("policy", None),
    "cipsCryptomapAdded": ("policy", None),
    "cipsCryptomapDeleted": ("policy", None),
    "cipsCryptomapSetAttached": ("policy", None),
    "cipsCryptomapSetDetached": ("policy", None),
    "cipsTooManySAs": ("failures", None),
    "ciscoIPsecProvCryptomapAdded": ("policy", None),
    "ciscoIPsecProvCryptomapDeleted": ("policy", None),
    "ciscoIPsecProvCryptomapAttached": ("policy", None),
    "ciscoIPsecProvCryptomapDetached": ("policy", None),
    "ciscoIkeConfigOperStateChanged": ("policy", None),
    "ciscoIkeConfigPskAdded": ("policy", None),
    "ciscoIkeConfigPskDeleted": ("policy", None),
    "ciscoIkeConfigPolicyAdded": ("policy", None),
    "ciscoIkeConfigPolicyDeleted": ("policy", None),
    "ciscoEnhIpsecFlowSysFailure": ("enhanced-history", "child"),
    "ciscoEnhIpsecFlowSetupFail": ("enhanced-history", "child"),
    "ciscoEnhIpsecFlowBadSa": ("enhanced-history", "child"),
    "ciscoEnhIpsecFlowCertExpiry": ("enhanced", None),
    "ciscoEnhIpsecFlowCertRenewal": ("enhanced", None),
    "ciscoIpsSgSysFailure": ("signaling-history", "ike"),
    "ciscoIpsSgCertCrlFailure": ("signaling-history", "ike"),
    "ciscoIkeFlowInNewGrpRejected": ("signaling-history", "ike"),
    "ciscoIkeFlowOutNewGrpRejected": ("signaling-history", "ike"),
    "ciscoRasTooManyFailedAuths": ("failures", "ike"),
    "cneNotifNextHopRegServerUp": ("ipsec", None),
    "cneNotifNextHopRegServerDown": ("ipsec", None),
    "cneNotifNextHopRegClientUp": ("ipsec", None),
    "cneNotifNextHopRegClientDown": ("ipsec", None),
    "cneNotifNextHopPeerUp": ("ipsec", None),
    "cneNotifNextHopPeerDown": ("ipsec", None),
}
EVERYTHING = {"coldStart", "warmStart"}
NOTHING = {
    "authenticationFailure",
    "ciscoRasTooManySessions",
    "ciscoRasTooHighThroughput",
    "cneNotifRateLimitExceeded",
    "cvVnetTrunkDown",
    "cvVnetTrunkUp",
    "cvVrfIfDown",
    "cvVrfIfUp",
    "linkDown",
    "linkUp",
}


def test_all_of_them_are_here():
    """Every notification that is known is in one of these lists."""
    assert sorted([*ROWS, *WHOLE, *EVERYTHING, *NOTHING]) == sorted(KNOWN)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row(name):
    """A notification about a row asks for that row, and a stop for the history too."""
    module, level, table, also = ROWS[name]
    assert hint(notified(name, INDEX)) == Hint(module=module, level=level, table=table, index=INDEX, also=also)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_that_is_not_told(name):
    """Without an index the whole module is asked for."""
    module, level, _, also = ROWS[name]
    assert hint(notified(name)) == Hint(module=module, level=level, also=also)


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_module(name):
    """What is about no row asks for a module."""
    module, level = WHOLE[name]
    assert hint(notified(name)) == Hint(module=module, level=level)


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_everything(name):
    """After a restart all is to be read anew."""
    assert hint(notified(name)) == Hint(module=None)


@pytest.mark.parametrize("name", sorted(NOTHING))
def test_nothing(name):
    """What moves nothing that is polled asks for nothing."""
    assert hint(notified(name)) is None


@pytest.mark.parametrize(
    ("name", "value", "looks"),
    [
        ("ifDescr.14", "Tunnel0", True),
        ("ifName.14", "Tu0", True),
        ("ifDescr.31", "Virtual-Access3", True),
        ("ifName", "Vi3", True),
        ("ifDescr.1", "GigabitEthernet0/1", False),
        ("ifAlias.1", "tunnel to the hub", False),
    ],
)
def test_the_link_of_a_tunnel(name, value, looks):
    """A tunnel's own interface makes us look at the tunnels; any other link does not."""
    found = hint(notified("linkDown", values=(("ifIndex.1", "1"), (name, value))))
    assert found == (Hint(module="ipsec") if looks else None)


def test_a_tunnel_interface_that_hits_a_limit():
    """The name of a tunnel's interface alone, without a change of its link, asks for nothing."""
    assert hint(notified("cneNotifRateLimitExceeded", values=(("ifName.1", "Tunnel0"),))) is None


def test_a_line_of_syslog():
    """A line that names no row asks for its module, and for the history where a tunnel stopped."""
    line = Notification(
        source="syslog", name="CRYPTO-5-SESSION_STATUS", happening="tunnel-stop", received_at=0.0,
        sender="192.0.2.1", level="child", module="ipsec", up=False,
    )  # fmt: skip
    assert hint(line) == Hint(module="ipsec", level="child", also=("history",))


def test_a_stop_in_a_module_without_history():
    """A stop that some other module tells of asks for that module alone."""
    assert hint(notified("cikeTunnelStop", module="bgp", table=None)) == Hint(module="bgp", level="ike")
