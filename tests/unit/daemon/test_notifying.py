"""What becomes of a notification: counted, on record, and looked at."""

import time
from collections import defaultdict

import pytest

from collector.daemon.listening import default_vrfs, senders_of
from collector.daemon.notifying import MOST_VRFS, Notifying, _arrived
from collector.interpret.senders import Sender, Senders
from collector.model import Changes, Origin, Session, Transition
from collector.sources.listener import Listener
from collector.sources.syslog import SyslogArrival
from collector.sources.trap import TrapArrival
from collector.tables import load
from collector.tunnels import Step
from collector.wire import ber
from collector.wire.notification import NotificationRecord, Principal
from collector.wire.snmp import INTEGER
from collector.wire.syslog import read_syslog
from tests.unit.daemon.test_listening import config_of

TABLES = load()
STOP, START = ber.oid("1.3.6.1.4.1.9.9.171.2.0.8"), ber.oid("1.3.6.1.4.1.9.9.171.2.0.7")
COLD_START, UNKNOWN = ber.oid("1.3.6.1.6.3.1.1.5.1"), ber.oid("1.3.6.1.4.1.99999.1")
ACTIVE_TIME = "1.3.6.1.4.1.9.9.171.1.3.2.1.10"
DOWN = "<189>45: *Mar  1 00:10:11: %CRYPTO-5-SESSION_STATUS: Crypto tunnel is {}.  Peer 10.9.0.1:500       Id: 10.9.0.1"


class Watched:
    """A fleet, its tracking and a lookout, as far as notifications know them."""

    def __init__(self, vrfs=("global", "red")):
        self.watches = {
            Origin(target="hub1", vrf=vrf, source="snmp", module=module): None
            for vrf in vrfs
            for module in ("ipsec", "ike", "history", "failures")
        }
        self.owners, self.peers = {}, defaultdict(list)
        self.read_anew, self.looks = [], []

    def origins_of(self, target, module):
        return [each for each in self.watches if (each.target, each.module) == (target, module)]

    def read_all_of(self, target):
        self.read_anew.append(target)

    def owner_of(self, origin, level, index):
        return self.owners.get((origin.vrf, level, index))

    def rows_of_peer(self, origin, level, peer):
        return self.peers[origin.vrf, level, peer]

    def look(self, look):
        self.looks.append(look)


@pytest.fixture
def watched():
    return Watched()


@pytest.fixture
def events():
    return []


@pytest.fixture
def notifying(watched, events):
    return notifying_of(watched, events)


def notifying_of(watched, events):
    config = config_of()
    return Notifying(
        tables=TABLES,
        fleet=watched,
        tracking=watched,
        lookout=watched,
        senders=senders_of(config, {}, {}),
        default_vrfs=default_vrfs(config, {}),
        submit=events.extend,
    )


def trap(oid, index=None, *, sender="192.0.2.1", community=b"public", vrf=None, inform=False):
    varbinds = [] if index is None else [(ber.oid(f"{ACTIVE_TIME}.{index}"), INTEGER, b"\x01")]
    record = NotificationRecord(
        principal=Principal(version=1, community=community),
        trap_oid=oid,
        varbinds=varbinds,
        inform=inform,
        request_id=1,
        up_time=None,
        enterprise=None,
        agent_address=None,
    )
    return TrapArrival(record=record, sender=sender, listener=Listener("udp", "::", 162, vrf), received_at=5.0)


def message(text, sender="192.0.2.1"):
    listener = Listener("udp", "::", 514)
    return SyslogArrival(message=read_syslog(text.encode()), sender=sender, listener=listener, received_at=5.0)


def places(watched):
    return [(look.origin.vrf, look.origin.module, look.level, look.index) for look in watched.looks]


def test_a_row_is_looked_at_in_the_vrf_that_is_named(notifying, watched, events):
    """By the community here; the tunnel that has the row is on record with it."""
    watched.owners["red", "child", "7"] = "branch", "10.9.0.1"
    assert notifying.take_trap(trap(STOP, 7, community=b"red-secret", inform=True)) is None
    assert places(watched) == [("red", "ipsec", "child", 7)]
    (event,) = events
    assert (event.source, event.name, event.tunnel, event.peer, event.vrf) == (
        "inform",
        "cipSecTunnelStop",
        "branch",
        "10.9.0.1",
        "red",
    )
    assert notifying.received["hub1", "inform", "cipSecTunnelStop"] == 1


def test_a_row_is_looked_at_everywhere_if_nobody_names_the_vrf(notifying, watched):
    """Routers send with their default community from many."""
    notifying.take_trap(trap(STOP, 7))
    assert places(watched) == [("global", "ipsec", "child", 7), ("red", "ipsec", "child", 7)]


def test_of_many_vrfs_only_those_are_looked_at_that_list_the_row(events):
    """And the one that such notifications are said to be of."""
    watched = Watched(("global", *(f"vrf{number}" for number in range(MOST_VRFS))))
    watched.owners["vrf3", "child", "7"] = "branch", "10.9.0.1"
    notifying_of(watched, events).take_trap(trap(STOP, 7))
    assert [place[0] for place in places(watched)] == ["global", "vrf3"]
    assert events[0].tunnel == "branch"


def test_strangers_are_told_why(notifying, watched, events):
    """Nothing is looked at, and nothing put on record."""
    assert notifying.take_trap(trap(STOP, 7, sender="203.0.113.9")) == "unknown-sender"
    assert notifying.take_message(message(DOWN.format("DOWN"), sender="203.0.113.9")) == "unknown-sender"
    assert (watched.looks, events) == ([], [])
    assert notifying.knows("192.0.2.1")
    assert not notifying.knows("203.0.113.9")


def test_what_has_no_row_is_a_poll_of_its_module(notifying, watched):
    """A notification without varbinds says that something has happened, and no more."""
    notifying.take_trap(trap(START))
    assert places(watched) == [("global", "ipsec", None, None)]


def test_a_restart_is_a_look_at_everything(notifying, watched):
    """And nothing of what was read before is remembered."""
    notifying.take_trap(trap(COLD_START))
    assert watched.read_anew == ["hub1"]
    assert len(watched.looks) == len(watched.watches)


def test_what_no_file_names_is_counted_as_other(notifying, watched, events):
    """However many there are: names are labels. The event has its OID."""
    notifying.take_trap(trap(UNKNOWN))
    assert notifying.received == {("hub1", "trap", "other"): 1}
    assert (events[0].name, watched.looks) == ("1.3.6.1.4.1.99999.1", [])


def test_a_peer_that_is_down_has_its_rows_read(notifying, watched):
    """Of one that is up nobody knows the row: that is a poll."""
    watched.peers["global", "child", "10.9.0.1"] = [7, 9]
    notifying.take_message(message(DOWN.format("DOWN")))
    assert places(watched) == [("global", "ipsec", "child", 7), ("global", "ipsec", "child", 9)]
    watched.looks.clear()
    notifying.take_message(message(DOWN.format("UP")))
    assert places(watched) == [("global", "ipsec", None, None)]


def test_of_a_peer_without_rows_the_module_is_polled(notifying, watched):
    """It may be listed by now."""
    notifying.take_message(message(DOWN.format("DOWN")))
    assert places(watched) == [("global", "ipsec", None, None)]


def test_a_line_of_something_else_is_on_record_only(notifying, watched, events):
    """There is nothing to be looked at."""
    assert notifying.take_message(message("<189>46: *Mar  1 00:10:11.123: %SYS-5-CONFIG_I: Configured")) is None
    assert (watched.looks, events[0].name) == ([], "SYS-5-CONFIG_I")


MOVE = Transition(
    target="hub1", vrf="red", level="child", tunnel="branch", peer="10.9.0.1", before="up", after="down", at=9.0
)
SESSION = Session(
    target="hub1",
    vrf="red",
    number=1,
    level="child",
    tunnel="branch",
    peer="10.9.0.1",
    source="snmp",
    module="ipsec",
    index="7",
    seen_at=8.0,
)
FOUND = Step(None, (Changes(target="hub1", vrf="red", at=9.0, sessions=(SESSION,), transitions=(MOVE,)),))


def test_what_is_found_is_an_event_that_says_whether_it_was_announced(notifying, events):
    """With the time at which it happened."""
    notifying.take_trap(trap(STOP, 7))
    notifying.compare("hub1", FOUND)
    notifying.compare("hub1", FOUND)
    told = [(one.source, one.name, one.at, one.announced) for one in events[1:]]
    assert told == [("poll", "tunnel_down", 9.0, True), ("poll", "tunnel_down", 9.0, False)]
    assert len({one.id for one in events}) == 3


def test_a_restart_that_was_found_is_an_event(notifying, events):
    """Polls that find nothing are none."""
    notifying.compare("hub1", Step(None))
    assert events == []
    notifying.compare("hub1", Step(None, rebooted=True))
    assert [(one.source, one.name, one.happening) for one in events] == [("poll", "device_restarted", "restart")]


def test_an_ambiguous_sender_is_told_apart_or_dropped(watched, events):
    """Two targets behind one address."""
    notifying = notifying_of(watched, events)
    notifying.senders = Senders([Sender(target=name, addresses=["192.0.2.1"]) for name in ("hub1", "hub2")])
    assert notifying.take_trap(trap(STOP, 7)) == "ambiguous-sender"


def test_latency_begins_when_the_system_received_a_notification():
    """What waits in our buffers is late for whoever waits for it; a clock that was set is no wait."""
    waited = _arrived(time.time() - 2.0)
    assert time.monotonic() - waited == pytest.approx(2.0, abs=0.5)
    for odd in (time.time() + 1000.0, 5.0):
        assert time.monotonic() - _arrived(odd) < 0.5
