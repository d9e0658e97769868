"""Snapshots of busy hubs, made without a wire: what the exposition benchmark shows."""

from collections.abc import Iterator
from random import Random

from collector.model import ChildSa, Endpoint, Entity, IkeSa, Origin, Snapshot

TUNNELS_PER_HUB = 1_000


def snapshots(tunnels: int, *, moment: int) -> Iterator[Snapshot]:
    """Snapshots of as many hubs as it takes; the same tunnels at every `moment`, their counters further on."""
    for hub in range((tunnels + TUNNELS_PER_HUB - 1) // TUNNELS_PER_HUB):
        count = min(TUNNELS_PER_HUB, tunnels - hub * TUNNELS_PER_HUB)
        rows = [_rows(hub, row, moment) for row in range(count)]
        for position, module in enumerate(("ike", "ipsec")):
            yield Snapshot(
                origin=Origin(target=f"hub{hub}", source="snmp", module=module),
                taken_at=1_700_000_000.0 + 60 * moment,
                duration_seconds=0.25,
                entities=tuple(entity for row in rows for entity in row[position]),
            )


def _rows(hub: int, row: int, moment: int) -> tuple[tuple[Entity, ...], tuple[Entity, ...]]:
    random = Random(hub << 32 | row)
    local, remote = f"192.0.2.{hub % 250 + 1}", f"10.{hub % 250}.{row >> 8}.{row & 255}"
    ike = _ike_sa(random, row, local, remote, moment)
    return (ike,), (_child_sa(random, row, local, remote, moment), _endpoint(row))


def _ike_sa(random: Random, row: int, local: str, remote: str, moment: int) -> IkeSa:
    return IkeSa(
        index=str(row + 1),
        local_identity_type="ipAddrPeer",
        local_identity=local,
        local_address=local,
        local_name="hub1.example.net",
        remote_identity_type="ipAddrPeer",
        remote_identity=remote,
        remote_address=remote,
        negotiation_mode="main",
        dh_group="unknown(14)",
        encryption="aes",
        hash="sha",
        authentication="preSharedKey",
        lifetime_seconds=86400.0,
        active_seconds=random.randrange(86_000) + 60.0 * moment,
        refreshes=random.randrange(24),
        refresh_threshold_seconds=30.0,
        status="active",
        receive_bytes=random.getrandbits(24) + 900 * moment,
        receive_packets=random.getrandbits(16) + moment,
        receive_dropped_packets=0,
        receive_notifies=random.getrandbits(12),
        receive_exchanges=random.getrandbits(8),
        receive_invalid_exchanges=0,
        receive_rejected_exchanges=0,
        receive_delete_requests=random.getrandbits(8),
        transmit_bytes=random.getrandbits(24) + 900 * moment,
        transmit_packets=random.getrandbits(16) + moment,
        transmit_dropped_packets=0,
        transmit_notifies=random.getrandbits(12),
        transmit_exchanges=random.getrandbits(8),
        transmit_invalid_exchanges=0,
        transmit_rejected_exchanges=0,
        transmit_delete_requests=random.getrandbits(8),
    )


def _child_sa(random: Random, row: int, local: str, remote: str, moment: int) -> ChildSa:
    packets = (random.getrandbits(30) + 6_000 * moment, random.getrandbits(30) + 5_000 * moment)
    return ChildSa(
        index=str(101 + 7 * row),
        ike_index=row + 1,
        ike_alive=True,
        local_address=local,
        remote_address=remote,
        key_type="ike",
        encapsulation_mode="tunnel",
        lifetime_bytes=4_608_000 * 1024,
        lifetime_seconds=3600.0,
        active_seconds=random.randrange(86_000) + 60.0 * moment,
        bytes_threshold=256 * 1024,
        seconds_threshold=30.0,
        refreshes=random.randrange(24),
        expired_sas=random.randrange(48),
        current_sas=2,
        receive_dh_group="unknown(14)",
        receive_encryption="unknown(5)",
        receive_ah_authentication="none",
        receive_esp_authentication="hmacSha",
        receive_decompression="none",
        transmit_dh_group="unknown(14)",
        transmit_encryption="unknown(5)",
        transmit_ah_authentication="none",
        transmit_esp_authentication="hmacSha",
        transmit_compression="none",
        receive_bytes=packets[0] * 700,
        receive_decompressed_bytes=packets[0] * 700,
        receive_packets=packets[0],
        receive_dropped_packets=random.getrandbits(6),
        receive_replay_dropped_packets=0,
        receive_authentications=packets[0],
        receive_authentication_failures=0,
        receive_decryptions=packets[0],
        receive_decryption_failures=0,
        transmit_bytes=packets[1] * 650,
        transmit_uncompressed_bytes=packets[1] * 650,
        transmit_packets=packets[1],
        transmit_dropped_packets=random.getrandbits(6),
        transmit_authentications=packets[1],
        transmit_authentication_failures=0,
        transmit_encryptions=packets[1],
        transmit_encryption_failures=0,
        status="active",
    )


def _endpoint(row: int) -> Endpoint:
    return Endpoint(
        index=f"{101 + 7 * row}.1",
        child_index=101 + 7 * row,
        endpoint=1,
        local_type="ipSubnet",
        local_first_address="10.0.0.0",
        local_second_address="255.0.0.0",
        local_protocol=0,
        local_port=0,
        remote_type="ipSubnet",
        remote_first_address=f"172.{16 + (row >> 8) % 16}.{row & 255}.0",
        remote_second_address="255.255.255.0",
        remote_protocol=0,
        remote_port=0,
    )
