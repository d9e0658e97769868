"""The codec alone: a GetBulk response in memory, decoded by ours and by what pysnmp decodes with."""

import importlib
from collections.abc import Callable
from typing import Any

from benchmarks.measuring import Size, isolated, ratio, spending
from benchmarks.reporting import Report, main
from collector.wire import ber, snmp, usm_crypto
from collector.wire.snmp import PduType
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmSession, UsmUser
from collector.wire.usm_keys import localized_key
from collector.wire.usm_message import decode_parameters, encode_parameters

RATES = {"v2c": 600_000, "v3": 400_000}
TIMES_PYSNMP = 15
VARBINDS = 50
MESSAGES = {"full": (20_000, 100), "quick": (5_000, 40), "smoke": (50, 2)}
"""How many messages each side decodes, by size: ours, pysnmp's."""

SECRET = b"benchmark-passphrase"
USER = UsmUser("bench", AuthProtocol.SHA256, SECRET, PrivProtocol.AES, SECRET)
ENGINE_ID = bytes.fromhex("80000009030000c10aff0001")
BOOTS, TIME, SALT = 7, 1_000_000, bytes(8)


def measure(size: Size) -> Report:
    """Decodes one response of 50 counters with OIDs of 16 octets, over and over."""
    report = Report("wire_codec")
    mine, theirs = MESSAGES.get(size.name, MESSAGES["quick"])
    for version, what in (("v2c", "v2c"), ("v3", "v3 SHA-256/AES-128")):
        ours = isolated(varbinds_per_second, codec="ours", version=version, messages=mine)
        peer = isolated(varbinds_per_second, codec="pysnmp", version=version, messages=theirs)
        report.at_least(f"rate.{version}", f"decode alone, {what}: varbinds per CPU-second", ours, RATES[version])
        report.at_least(f"pysnmp.{version}", f"decode alone, {what} / pysnmp's", ratio(ours, peer), TIMES_PYSNMP)
        report.fact(f"{what}: pysnmp's decoder, varbinds per CPU-second", peer)
    return report


def varbinds_per_second(*, codec: str, version: str, messages: int) -> float:
    """Decodes the message as often as is asked, and tells varbinds per CPU-second."""
    decoders: dict[tuple[str, str], Callable[[], Callable[[bytes], int]]] = {
        ("ours", "v2c"): _ours_v2c,
        ("ours", "v3"): _ours_v3,
        ("pysnmp", "v2c"): _pysnmp_v2c,
        ("pysnmp", "v3"): _pysnmp_v3,
    }
    decode = decoders[codec, version]()
    message = response_v3() if version == "v3" else snmp.encode_community_message(1, b"public", response())
    if decode(message) != VARBINDS:
        raise AssertionError("decoded something else")
    with spending() as spent:
        for _ in range(messages):
            decode(message)
    return messages * VARBINDS / spent.cpu


def response() -> bytes:
    """A GetBulk response: counters of one column after the other, as a table of tunnels gives them."""
    oids = [ber.oid(f"1.3.6.1.4.1.9.9.171.1.3.2.1.{2 + row % 49}.{1000 + row}") for row in range(VARBINDS)]
    varbinds = [
        ber.encode_tlv(ber.SEQUENCE, ber.encode_tlv(6, oid) + ber.encode_tlv(snmp.COUNTER32, b"\x12\x34\x56\x78"))
        for oid in oids
    ]
    numbers = ber.encode_integer(12_345_678) + ber.encode_integer(0) * 2
    return ber.encode_tlv(PduType.RESPONSE, numbers + ber.encode_tlv(ber.SEQUENCE, b"".join(varbinds)))


def response_v3() -> bytes:
    """The same, signed and encrypted by the engine, in a context."""
    context = ber.encode_octets(ENGINE_ID) + ber.encode_octets(b"vrf-vrf1-context")
    scoped = ber.encode_tlv(ber.SEQUENCE, context + response())
    nonce = usm_crypto.nonce(BOOTS, TIME, SALT)
    data = ber.encode_octets(usm_crypto.encrypt(PrivProtocol.AES, USER.priv_key(ENGINE_ID), nonce, scoped))
    parameters = encode_parameters(ENGINE_ID, BOOTS, TIME, user_name=b"bench", mac=bytes(24), salt=SALT)
    message = snmp.encode_v3_message(1, 3, 3, parameters, data)
    place = decode_parameters(message, snmp.decode_v3_message(message))
    mac = usm_crypto.mac(AuthProtocol.SHA256, USER.auth_key(ENGINE_ID), message)
    return message[: place.mac_start] + mac + message[place.mac_stop :]


def _ours_v2c() -> Callable[[bytes], int]:
    return lambda message: len(snmp.decode_community_message(message).pdu.varbinds)


def _ours_v3() -> Callable[[bytes], int]:
    varbinds = ber.encode_tlv(ber.SEQUENCE, b"")
    report = ber.encode_tlv(PduType.REPORT, ber.encode_integer(0) * 3 + varbinds)
    session = UsmSession(USER, salt=0)
    scoped = ber.encode_tlv(ber.SEQUENCE, ber.encode_octets(ENGINE_ID) + ber.encode_octets(b"") + report)
    session.decode(snmp.encode_v3_message(1, 0, 3, encode_parameters(ENGINE_ID, BOOTS, TIME), scoped), 0.0)
    return lambda message: len(session.decode(message, 0.0).pdu.varbinds)


def _pysnmp_v2c() -> Callable[[bytes], int]:
    from pyasn1.codec.ber import decoder  # noqa: PLC0415 - only the process that measures pysnmp needs it
    from pysnmp.proto.api import v2c  # noqa: PLC0415

    api: Any = v2c

    def decode(message: bytes) -> int:
        decoded, _ = decoder.decode(message, asn1Spec=api.Message())
        return len(api.apiPDU.get_varbinds(api.apiMessage.get_pdu(decoded)))

    return decode


def _pysnmp_v3() -> Callable[[bytes], int]:
    from pyasn1.codec.ber import decoder  # noqa: PLC0415 - only the process that measures pysnmp needs it
    from pyasn1.type.univ import OctetString  # noqa: PLC0415
    from pysnmp.proto.api import v2c  # noqa: PLC0415
    from pysnmp.proto.mpmod import rfc3412  # noqa: PLC0415
    from pysnmp.proto.secmod.rfc3414.service import UsmSecurityParameters  # noqa: PLC0415
    from pysnmp.proto.secmod.rfc3826.priv.aes import Aes  # noqa: PLC0415
    from pysnmp.proto.secmod.rfc7860.auth.hmacsha2 import HmacSha2  # noqa: PLC0415

    api: Any = v2c
    auth: Any = HmacSha2(HmacSha2.SHA256_SERVICE_ID)
    auth_key = OctetString(localized_key(AuthProtocol.SHA256, SECRET, ENGINE_ID))
    priv_key = OctetString(USER.priv_key(ENGINE_ID))

    def decode(message: bytes) -> int:
        envelope, _ = decoder.decode(message, asn1Spec=rfc3412.SNMPv3Message())
        parameters, _ = decoder.decode(bytes(envelope[2]), asn1Spec=UsmSecurityParameters())
        boots, time, mac, salt = (parameters[position] for position in (1, 2, 4, 5))
        auth.authenticate_incoming_message(auth_key, mac, message)
        plain = Aes().decrypt_data(priv_key, (boots, time, salt), envelope[3].getComponent())
        scoped, _ = decoder.decode(plain, asn1Spec=rfc3412.ScopedPDU())
        return len(api.apiPDU.get_varbinds(scoped[2].getComponent()))

    return decode


if __name__ == "__main__":
    # Under its own name, not as __main__, so that the fresh interpreters find it.
    main(importlib.import_module("benchmarks.wire_codec").measure)
