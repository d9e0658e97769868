"""Traps as octets: pysnmp's, read by the codec and the tables that the daemon reads them with."""

import asyncio
import socket
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from collector.demo.access import COMMUNITIES
from collector.demo.hub import Hub
from collector.demo.mib.notifications import Notices
from collector.demo.traps import ONE_LOST_IN, Traps, send_traps
from collector.demo.view import FRESH_SECONDS, Shelf
from collector.interpret.notification import NotificationReader
from collector.tables import load
from collector.wire import snmp
from collector.wire.notification import Principal, read_notification

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "notification"
READER = NotificationReader(load())
NAMES = ["cikeTunnelStart", "cikeTunnelStop", "cipSecTunnelStart", "cipSecTunnelStop"]


def told(message):
    """Read a trap: the community that it came with, and what it says."""
    decoded = snmp.decode_community_message(message)
    assert (decoded.version, decoded.pdu.type) == (snmp.VERSION_2C, snmp.PduType.TRAP)
    record = read_notification(decoded.pdu, Principal(decoded.version, decoded.community))
    errors = Counter()
    said = READER.read(record.trap_oid, record.varbinds, errors, source="trap", received_at=0.0, sender="127.0.0.1")
    assert not errors
    return decoded.community.decode(), said


def messages(seconds, seed=1):
    """Yield what is sent, and None for what is not, with the hub as it is then."""
    hub = Hub(seed=seed)
    traps = Traps(hub, seed)
    for number in range(1, seconds * 5):
        hub.advance(number / 5)
        for message in traps.messages():
            yield hub, message


def test_a_manager_reads_them():
    """Each names its tunnel's level, whether it is up, and by its community the context whose table has or had it."""
    seen = set()
    for hub, message in messages(130):
        if message is None:
            continue
        community, said = told(message)
        vrf = hub.vrfs[COMMUNITIES[community]]
        live = vrf.ikes if said.level == "ike" else vrf.children
        assert (int(said.index) in live) == said.up
        assert (said.reason is None) == said.up
        seen.add((community, said.name))
    assert seen == {(community, name) for community in ("abc1", "abc2") for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_they_have_the_varbinds_that_ios_sends(name):
    """The same objects in the same order as in the notification of a real hub."""
    lines = (GOLDEN / f"ios-{name}.hex").read_text().splitlines()
    _, real = told(bytes.fromhex("".join(line for line in lines if not line.startswith("#"))))
    found = [said for _, message in messages(60) if message for _, said in [told(message)] if said.name == name]
    objects = [value.partition(".")[0] for value, _ in real.values]
    assert found
    for said in found:
        assert sorted(value.partition(".")[0] for value, _ in said.values) == sorted(objects)


def test_one_in_ten_is_lost():
    """Of every ten one, by the seed: the same again for the same seed, others for another."""
    lost = [message is None for _, message in messages(300)]
    blocks = [lost[start : start + ONE_LOST_IN] for start in range(0, len(lost) - ONE_LOST_IN, ONE_LOST_IN)]
    assert len(blocks) > 4
    assert {sum(block) for block in blocks} == {1}
    assert lost == [message is None for _, message in messages(300)]
    assert lost[:40] != [message is None for _, message in messages(300, seed=2)][:40]


def first_news():
    """When the first tunnel comes or goes, in seconds, rounded up."""
    hub = Hub()
    notices = Notices(hub)
    for tenths in count(1):
        hub.advance(tenths / 10)
        if notices.news():
            return tenths / 10
    return None


async def test_whoever_hears_one_sees_it():
    """What is sent is so in the very next answer, however fresh the view was that was made before."""
    then = first_news()
    now = then - FRESH_SECONDS / 2
    hub = Hub()
    shelf = Shelf(hub, lambda: now)
    assert shelf.view("vrf-vrf1-context")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound,
    ):
        for each in (listener, bound):
            each.bind(("127.0.0.1", 0))
            each.settimeout(0)
        port = listener.getsockname()[1]
        now, talking = then, asyncio.create_task(send_traps(hub, shelf, bound, port, seed=1))
        try:
            message = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(listener, 2000), 10)
        finally:
            talking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await talking
    community, said = told(message)
    status = (1, 3, 6, 1, 4, 1, 9, 9, 171, 1, 2, 3, 1, 35, int(said.index))
    assert (community, said.name) == ("abc1", "cikeTunnelStart")
    assert shelf.view("vrf-vrf1-context").get(status)
