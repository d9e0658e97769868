"""Notifications in memory: datagram to record, by ours and by pysnmp's engine; and what hostile datagrams cost."""

import importlib
import itertools
import random
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measuring import Size, isolated, ratio, spending
from benchmarks.reporting import Report, main
from collector.wire import ber, snmp
from collector.wire.notification_receiver import OwnEngine, Receiver, TrapUser
from collector.wire.snmp import PduType, Varbind
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser
from collector.wire.usm_protection import Seal

RATES = {"v2c": 30_000, "v3": 5_000}
TIMES_PYSNMP = 15
GROWTH_MIB = 8
NOTIFICATIONS = {"full": (100_000, 1_000), "quick": (20_000, 400), "smoke": (50, 5)}
"""How many each side takes, by size: ours, pysnmp's."""
HOSTILE = {"full": 1_000_000, "quick": 100_000, "smoke": 1_000}

SECRET = b"benchmark-passphrase"
USER = UsmUser("bench", AuthProtocol.SHA256, SECRET, PrivProtocol.AES, SECRET)
ROUTER = bytes.fromhex("80000009030000c10aff0001")
OWN_ENGINE_ID = bytes.fromhex("80001f880474756e6e656c7761746368")
TUNNELS = "1.3.6.1.4.1.9.9.171.1.3.2.1"
SOURCE = "192.0.2.1"


def measure(size: Size) -> Report:
    """A cipSecTunnelStop of nine varbinds, as IOS sends it; then garbage and forgeries of every kind."""
    report = Report("trap_codec")
    mine, theirs = NOTIFICATIONS[size.name]
    for version, what in (("v2c", "v2c"), ("v3", "v3 SHA-256/AES-128")):
        ours = isolated(traps_per_second, codec="ours", version=version, count=mine)
        peer = isolated(traps_per_second, codec="pysnmp", version=version, count=theirs)
        report.at_least(f"rate.{version}", f"traps to records, {what}, per CPU-second", ours, RATES[version])
        report.at_least(f"pysnmp.{version}", f"traps to records, {what} / pysnmp's", ratio(ours, peer), TIMES_PYSNMP)
        report.fact(f"{what}: pysnmp's engine, traps per CPU-second", peer)
    hostile = isolated(hostile_datagrams, count=HOSTILE[size.name])
    text = f"memory that {HOSTILE[size.name]:,} hostile datagrams leave behind"
    report.at_most("growth", text, hostile["growth"], GROWTH_MIB, "MiB")
    report.fact("hostile datagrams per CPU-second", hostile["rate"])
    report.fact("hostile datagrams that were taken for notifications of a user who signs", hostile["believed"])
    return report


def traps_per_second(*, codec: str, version: str, count: int) -> float:
    """Takes that many traps and tells how many a CPU-second has room for."""
    take = {"ours": _ours, "pysnmp": _pysnmp}[codec]()
    datagrams = [v3(number) if version == "v3" else v2c() for number in range(min(count, 1_000))]
    if not take(datagrams[0]):
        raise AssertionError("not taken")
    with spending() as spent:
        taken = sum(map(take, itertools.islice(itertools.cycle(datagrams), count)))
    if taken != count:
        raise AssertionError(f"{count - taken} of {count} were not taken")
    return count / spent.cpu


def hostile_datagrams(*, count: int) -> dict[str, float]:
    """Takes garbage, bent notifications and forgeries of made-up engines, and looks at what that left in memory."""
    receiver, chance = _receiver(), random.Random(4)
    kinds = (_garbage, _bent, _forged)
    for number in range(count // 10):
        receiver.receive(kinds[number % 3](chance), SOURCE, 0.0)
    before, believed, cpu = _resident_mib(), 0, 0.0
    for start in range(0, count, 1_000):
        datagrams = [kinds[number % 3](chance) for number in range(start, start + 1_000)]
        with spending() as spent:
            for data in datagrams:
                record = receiver.receive(data, SOURCE, 0.0).record
                believed += record is not None and record.principal.user is not None
        cpu += spent.cpu
    return {"growth": max(_resident_mib() - before, 0.0), "rate": count / cpu, "believed": believed}


def _garbage(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(200))


def _bent(chance: random.Random) -> bytes:
    data = bytearray(chance.choice((_V2C, _V3)))
    data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    return bytes(data[: chance.randrange(len(data)) or None]) if chance.random() < 1 / 2 else bytes(data)


def _forged(chance: random.Random) -> bytes:
    return _V3.replace(ROUTER, chance.randbytes(len(ROUTER)), 1)


def _resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def tunnel_stop(index: int = 1234) -> bytes:
    """sysUpTime.0, snmpTrapOID.0, the endpoints, the time that the tunnel lived, and what IOS adds."""
    address = bytes((192, 0, 2, 1))
    varbinds: list[Varbind] = [
        (ber.oid("1.3.6.1.2.1.1.3.0"), snmp.TIMETICKS, b"\x12\x34\x56\x78"),
        (ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.4.1.9.9.171.2.0.8")),
        (ber.oid(f"{TUNNELS}.4.{index}"), ber.OCTET_STRING, address),
        (ber.oid(f"{TUNNELS}.5.{index}"), ber.OCTET_STRING, address),
        (ber.oid(f"{TUNNELS}.10.{index}"), ber.INTEGER, b"\x01\x51"),
        (ber.oid(f"{TUNNELS}.3.{index}"), ber.INTEGER, b"\x07"),
        (ber.oid("1.3.6.1.4.1.9.9.171.1.4.2.1.1.2.77"), ber.INTEGER, b"\x01"),
        (ber.oid(f"1.3.6.1.4.1.9.9.171.1.3.3.1.5.{index}.1"), ber.OCTET_STRING, address),
        (ber.oid(f"1.3.6.1.4.1.9.9.171.1.3.3.1.11.{index}.1"), ber.OCTET_STRING, address),
    ]
    return bytes((PduType.TRAP,)) + snmp.encode_answer(PduType.RESPONSE, 12_345_678, varbinds)[1:]


def v2c(index: int = 1234) -> bytes:
    """A tunnel-stop of SNMPv2c."""
    return snmp.encode_community_message(snmp.VERSION_2C, b"public", tunnel_stop(index))


def v3(number: int, index: int = 1234) -> bytes:
    """The same, signed and encrypted."""
    keys = USER.auth, USER.auth_key(ROUTER), USER.priv, USER.priv_key(ROUTER)
    context = ber.encode_octets(ROUTER) + ber.encode_octets(b"vrf-vrf1-context")
    seal = Seal(ROUTER, 7, 1_000_000, b"bench", *keys)
    scoped = ber.encode_tlv(ber.SEQUENCE, context + tunnel_stop(index))
    return seal.close(scoped, msg_id=number, salts=itertools.count(number))


_V2C, _V3 = v2c(), v3(1)


def _receiver() -> Receiver:
    engine = OwnEngine(OWN_ENGINE_ID, 1, 0.0)
    return Receiver(communities=[b"public"], users=[TrapUser(USER)], engine=engine, salt=0)


def _ours() -> Callable[[bytes], bool]:
    receive = _receiver().receive
    return lambda data: receive(data, SOURCE, 0.0).record is not None


def _pysnmp() -> Callable[[bytes], bool]:
    """The engine without a socket; the router's engine ID must be registered, or it takes no SNMPv3 trap."""
    from pysnmp.carrier.base import AbstractTransportDispatcher  # noqa: PLC0415 - only pysnmp's process needs it
    from pysnmp.entity import config, engine  # noqa: PLC0415
    from pysnmp.entity.rfc3413 import ntfrcv  # noqa: PLC0415
    from pysnmp.proto import rfc1902  # noqa: PLC0415

    api: Any = config
    peer: Any = engine.SnmpEngine(rfc1902.OctetString(OWN_ENGINE_ID))
    peer.register_transport_dispatcher(AbstractTransportDispatcher())
    api.add_v1_system(peer, "area", "public")
    protocols = api.USM_AUTH_HMAC192_SHA256, SECRET.decode(), api.USM_PRIV_CFB128_AES, SECRET.decode()
    api.add_v3_user(peer, "bench", *protocols, securityEngineId=rfc1902.OctetString(ROUTER))
    taken: list[int] = []
    ntfrcv.NotificationReceiver(peer, lambda *arguments: taken.append(len(arguments[4])))

    def take(data: bytes) -> bool:
        taken.clear()
        peer.message_dispatcher.receive_message(peer, (1, 3, 6, 1, 6, 1, 1), (SOURCE, 162), data)
        return bool(taken)

    return take


if __name__ == "__main__":
    # Under its own name, not as __main__, so that the fresh interpreters find it.
    main(importlib.import_module("benchmarks.trap_codec").measure)
