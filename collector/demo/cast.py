"""The cast: who is at the other end of the hub's tunnels, and what happens to each of them, when.

The scripts are quick (SAs live for a minute where real ones live for an hour), so that whoever looks on for two minutes
sees every kind of event: rekeys, flaps, a tunnel that stays down for a while, one that comes on demand, one refused.
"""

from ipaddress import IPv4Address, IPv4Network

from collector.demo.counters import TICKS, Flow, IkeTraffic, Traffic
from collector.demo.recording import VRF1, Walk
from collector.demo.spokes import (
    CHILD_PROPOSAL_FAILURE,
    IKE_AUTH_FAILURE,
    IKE_HASH_VALIDATION,
    IKE_PROPOSAL_FAILURE,
    Act,
    ChildProposal,
    End,
    IkeProposal,
    Selector,
    Spoke,
    Step,
    Transform,
    VrfPlan,
)

HUB_NAME = "hub1"
LOCAL_AS = 65000


def _address(text: str) -> bytes:
    return IPv4Address(text).packed


def _subnets(local: str, remote: str) -> Selector:
    ours, theirs = IPv4Network(local), IPv4Network(remote)
    first, second = ours.network_address.packed, ours.netmask.packed
    return Selector(3, first, second, theirs.network_address.packed, theirs.netmask.packed)


def _recorded_selector(walk: Walk) -> Selector:
    kind, *_ = walk.numbers("cipSecEndPt", "LocalType RemoteType", "1.1")
    ours, theirs = (walk.octets(f"cipSecEndPt{side}Addr1.1.1") for side in ("Local", "Remote"))
    return Selector(kind, ours, ours, theirs, theirs)


_WALK = Walk(VRF1)
_IKE = IkeProposal(*_WALK.numbers("cikeTun", "NegoMode DiffHellmanGrp EncryptAlgo HashAlgo AuthMethod LifeTime", "1"))
_CHILD = ChildProposal(*_WALK.numbers("cipSecTun", "KeyType EncapMode LifeSize LifeTime", "1"))
_TRANSFORM = Transform(
    *_WALK.numbers("cipSecTunInSa", "DiffHellmanGrp EncryptAlgo AhAuthAlgo EspAuthAlgo DecompAlgo", "1")
)

RECORDED_AGE = _WALK.number("cipSecTunActiveTime.1") / TICKS
RECORDED_LIFE = (_CHILD.life_seconds, _CHILD.life_kilobytes)
RECORDED_SPI_VALUES = tuple(_WALK.number(f"cipSecSpiValue.1.{index}") for index in range(1, 5))
RECORDED_TRAFFIC = Traffic(
    *_WALK.numbers("cipSecTun", "HcInOctets InPkts InDropPkts InReplayDropPkts HcOutOctets OutPkts OutDropPkts", "1")
)
_EXCHANGED = "Octets Pkts DropPkts Notifys P2Exchgs P2ExchgInvalids P2ExchgRejects P2SaDelRequests"
RECORDED_EXCHANGED = IkeTraffic(
    *_WALK.numbers("cikeTunIn", _EXCHANGED, "1"), *_WALK.numbers("cikeTunOut", _EXCHANGED, "1")
)

_GROUP2_3DES_IKE = _IKE._replace(dh_group=3, encryption=3)
_3DES = Transform(dh_group=3, encryption=3, ah=1, esp=3, compression=1)
# Outside the MIB's lists, as IOS sends what is younger than the MIB: DH group 14, AES.
_GROUP14_AES_IKE = _IKE._replace(dh_group=14, encryption=4, life_seconds=120)
_GROUP14_AES = Transform(dh_group=14, encryption=4, ah=1, esp=3, compression=1)
_SHORT = _CHILD._replace(life_kilobytes=4_608_000, life_seconds=45)
_LONGER = _SHORT._replace(life_seconds=120)

POLICIES = {1: _IKE, 20: _GROUP14_AES_IKE, 50: _GROUP2_3DES_IKE}
"""`crypto isakmp policy`, by priority."""

PARIS = Spoke(
    name="paris",
    note="steady and busy; rekeyed about once a minute as its SAs' volume is used up",
    address=_WALK.octets("cikeTunRemoteAddr.1"),
    selectors=(_recorded_selector(_WALK),),
    sequence=10,
    inbound=Flow(packets_per_second=900, octets_per_packet=410),
    outbound=Flow(packets_per_second=1300, octets_per_packet=1240),
    ike=_IKE,
    child=_CHILD,
    transform=_TRANSFORM,
    up_for=RECORDED_AGE,
    loop=(Step(62, Act.REKEY),),
    bgp=(_address("10.255.1.1"), 65101),
)
OSLO = Spoke(
    name="oslo",
    note="two pairs of subnets, rekeyed twice a minute; its IKE SA is replaced under them",
    address=_address("10.1.1.5"),
    selectors=(
        _subnets("10.20.0.0/16", "10.41.5.0/24"),
        _subnets("10.21.0.0/16", "10.42.5.0/24"),
    ),
    sequence=20,
    domain_name="oslo.branches.example",
    inbound=Flow(packets_per_second=120, octets_per_packet=300),
    outbound=Flow(packets_per_second=150, octets_per_packet=800, swell=0.8),
    ike=_GROUP14_AES_IKE,
    child=_SHORT,
    transform=_GROUP14_AES,
    up_for=60,
    intro=(Step(12, Act.REKEY),),
    loop=(Step(32, Act.REKEY), Step(12, Act.IKE_REKEY), Step(20, Act.REKEY)),
)
LISBON = Spoke(
    name="lisbon",
    note="a bad line: flaps, sometimes for longer than BGP waits",
    address=_address("10.1.1.9"),
    selectors=(_subnets("10.20.0.0/16", "10.41.9.0/24"),),
    sequence=30,
    inbound=Flow(packets_per_second=40, octets_per_packet=220),
    outbound=Flow(packets_per_second=45, octets_per_packet=600),
    ike=_GROUP2_3DES_IKE,
    child=_LONGER,
    transform=_3DES,
    up_for=95,
    intro=(Step(25, Act.DOWN, End.PEER_LOST.value), Step(7, Act.UP)),
    loop=(
        Step(45, Act.DOWN, End.PEER_LOST.value),
        Step(15, Act.UP),
        Step(55, Act.DOWN, End.PEER_LOST.value),
        Step(5, Act.UP),
    ),
    bgp=(_address("10.255.1.9"), 65109),
)
MADRID = Spoke(
    name="madrid",
    note="on demand: there only while somebody at the hub wants something from it",
    address=_address("10.1.1.13"),
    selectors=(_subnets("10.22.0.0/16", "10.41.13.0/24"),),
    sequence=40,
    initiated_here=True,
    inbound=Flow(packets_per_second=300, octets_per_packet=1100),
    outbound=Flow(packets_per_second=180, octets_per_packet=120),
    ike=_GROUP2_3DES_IKE,
    child=_LONGER,
    transform=_3DES,
    intro=(Step(15, Act.UP),),
    loop=(Step(35, Act.DOWN), Step(40, Act.UP)),
)
VIENNA = Spoke(
    name="vienna",
    note="the busiest: its 32-bit octets wrap after a minute or so; some packets are replays",
    address=_address("10.1.2.1"),
    selectors=(_subnets("10.30.0.0/16", "10.43.1.0/24"),),
    sequence=10,
    inbound=Flow(packets_per_second=1000, octets_per_packet=600, swell=0.3),
    outbound=Flow(packets_per_second=900, octets_per_packet=380, swell=0.3),
    replay_every=20_000,
    ike=_GROUP2_3DES_IKE,
    child=_LONGER,
    transform=_3DES,
    up_for=7_085,
    intro=(Step(35, Act.REKEY),),
    loop=(Step(105, Act.REKEY),),
    bgp=(_address("10.255.2.1"), 65201),
)
ZURICH = Spoke(
    name="zurich",
    note="goes away for most of a minute, and comes back under new indexes",
    address=_address("10.1.2.5"),
    selectors=(_subnets("10.30.0.0/16", "10.43.5.0/24"),),
    sequence=20,
    domain_name="zurich.branches.example",
    inbound=Flow(packets_per_second=80, octets_per_packet=500),
    outbound=Flow(packets_per_second=70, octets_per_packet=450),
    ike=_GROUP2_3DES_IKE,
    child=_LONGER,
    transform=_3DES,
    up_for=1_800,
    intro=(Step(40, Act.DOWN, End.PEER_LOST.value), Step(50, Act.UP)),
    loop=(
        Step(100, Act.REKEY),
        Step(60, Act.DOWN, End.PEER_DELETED.value),
        Step(45, Act.UP),
    ),
    bgp=(_address("10.255.2.5"), 65205),
)
DUBLIN = Spoke(
    name="dublin",
    note="somebody there changes the key, then the proposal: refused, then half up, then up again",
    address=_address("10.1.2.9"),
    selectors=(_subnets("10.30.0.0/16", "10.43.9.0/24"),),
    sequence=30,
    inbound=Flow(packets_per_second=15, octets_per_packet=180),
    outbound=Flow(packets_per_second=12, octets_per_packet=240),
    ike=_GROUP2_3DES_IKE,
    child=_LONGER._replace(life_seconds=300),
    transform=_3DES,
    up_for=600,
    intro=(Step(60, Act.DOWN, End.PEER_DELETED.value),),
    loop=(
        Step(8, Act.IKE_REFUSED, IKE_AUTH_FAILURE),
        Step(8, Act.IKE_REFUSED, IKE_HASH_VALIDATION),
        Step(8, Act.IKE_REFUSED, IKE_PROPOSAL_FAILURE),
        Step(8, Act.IKE_UP),
        Step(3, Act.CHILD_REFUSED, CHILD_PROPOSAL_FAILURE),
        Step(8, Act.CHILD_REFUSED, CHILD_PROPOSAL_FAILURE),
        Step(9, Act.UP),
        Step(150, Act.DOWN, End.PEER_DELETED.value),
    ),
)

PLANS = (
    VrfPlan(
        name="vrf1",
        context="vrf-vrf1-context",
        community="abc1",
        local_address=_WALK.octets("cikeTunLocalAddr.1"),
        crypto_map="vrf1-1",
        interface=9,
        spokes=(PARIS, OSLO, LISBON, MADRID),
    ),
    VrfPlan(
        name="vrf2",
        context="vrf-vrf2-context",
        community="abc2",
        local_address=_address("10.1.2.2"),
        crypto_map="vrf2-1",
        interface=10,
        spokes=(VIENNA, ZURICH, DUBLIN),
    ),
)
"""The two VRFs of the recorded configuration; the default context is beside them."""

ABSENT = ("vrf2", "athens", _address("10.1.2.13"), "configured and never seen: the branch has not opened yet")
"""VRF, name, address and note of a spoke that never comes."""

CORE_ROUTERS = ((_address("10.1.38.25"), _address("10.1.38.1"), LOCAL_AS),)
"""iBGP in the default context: local address, remote address, AS."""
