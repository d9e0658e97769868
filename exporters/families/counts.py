"""What IKE and IPsec count alike on several levels: tunnels, whole gateways, media gateways.

Objects are named once for all levels: `*` stands for `Tun` or `Global`; names without it belong to the level that they
name themselves.
"""

from collections.abc import Iterator
from typing import NamedTuple

from exporters.families.declare import Family, Subject, counter


class Count(NamedTuple):
    """A counter of several levels: field of the model, which is its name too, what it counts, MIB objects."""

    field: str
    text: str
    sources: str


IKE = (
    Count("receive_bytes", "Octets received by IKE", "cike*InOctets cikePhase1GWInOctets cisgIpsSg*InOctets"),
    Count("receive_packets", "Packets received by IKE", "cike*InPkts cikePhase1GWInPkts cisgIpsSg*InPkts"),
    Count(
        "receive_dropped_packets",
        "Packets that IKE received and dropped",
        "cike*InDropPkts cikePhase1GWInDropPkts cisgIpsSg*InDropPkts",
    ),
    Count(
        "receive_notifies",
        "Notification payloads received",
        "cike*InNotifys cikePhase1GWInNotifys cisgIpsSg*InNotifys",
    ),
    Count(
        "receive_exchanges",
        "Phase-2 exchanges (SA payloads) received",
        "cike*InP2Exchgs cikePhase1GWInP2Exchgs cifIke*InP2Exchgs",
    ),
    Count(
        "receive_invalid_exchanges",
        "Phase-2 exchanges received and found invalid",
        "cike*InP2ExchgInvalids cikePhase1GWInP2ExchgInvalids cifIke*InP2ExchgInvalids",
    ),
    Count(
        "receive_rejected_exchanges",
        "Phase-2 exchanges received and rejected",
        "cike*InP2ExchgRejects cikePhase1GWInP2ExchgRejects cifIke*InP2ExchgRejects",
    ),
    Count(
        "receive_delete_requests",
        "Requests received to delete a phase-2 SA",
        "cike*InP2SaDelRequests cikePhase1GWInP2SaDelRequests cifIkeTunInP2SaDelRequests cisgIpsSgGlobalInP2SaDelReqs",
    ),
    Count("transmit_bytes", "Octets sent by IKE", "cike*OutOctets cikePhase1GWOutOctets cisgIpsSg*OutOctets"),
    Count("transmit_packets", "Packets sent by IKE", "cike*OutPkts cikePhase1GWOutPkts cisgIpsSg*OutPkts"),
    Count(
        "transmit_dropped_packets",
        "Packets that IKE was to send and dropped",
        "cike*OutDropPkts cikePhase1GWOutDropPkts cisgIpsSg*OutDropPkts",
    ),
    Count(
        "transmit_notifies",
        "Notification payloads sent",
        "cike*OutNotifys cikePhase1GWOutNotifys cisgIpsSg*OutNotifys",
    ),
    Count(
        "transmit_exchanges",
        "Phase-2 exchanges (SA payloads) sent",
        "cike*OutP2Exchgs cikePhase1GWOutP2Exchgs cifIke*OutP2Exchgs",
    ),
    Count(
        "transmit_invalid_exchanges",
        "Phase-2 exchanges sent and found invalid",
        "cike*OutP2ExchgInvalids cikePhase1GWOutP2ExchgInvalids cifIke*OutP2ExchgInvalids",
    ),
    Count(
        "transmit_rejected_exchanges",
        "Phase-2 exchanges sent and rejected",
        "cike*OutP2ExchgRejects cikePhase1GWOutP2ExchgRejects cifIke*OutP2ExchgRejects",
    ),
    Count(
        "transmit_delete_requests",
        "Requests sent to delete a phase-2 SA",
        "cike*OutP2SaDelRequests cikePhase1GWOutP2SaDelRequests cisgIpsSg*OutP2SaDelReqs",
    ),
    Count("receive_new_group_requests", "New group negotiations received", "cifIke*InNewGrpReqs"),
    Count("transmit_new_group_requests", "New group negotiations sent", "cifIke*OutNewGrpReqs"),
    Count(
        "receive_new_group_rejects",
        "New group negotiations received and rejected",
        "cifIkeTunInNewGrpRejectedReqs cifIkeGlobalInNewGrpRejectReqs",
    ),
    Count(
        "transmit_new_group_rejects",
        "New group negotiations sent and rejected",
        "cifIkeTunOutNewGrpRejectedReqs cifIkeGlobalOutNewGrpRejectReqs",
    ),
    Count("receive_configs", "Mode configuration settings received", "cifIkeTunInConfigs"),
    Count("transmit_configs", "Mode configuration settings sent", "cifIkeTunOutConfigs"),
    Count("receive_config_rejects", "Mode configuration settings received and rejected", "cifIkeTunInConfigRejects"),
    Count("transmit_config_rejects", "Mode configuration settings sent and rejected", "cifIkeTunOutConfigRejects"),
)
"""Fields of IkeExchangeCounters."""

IPSEC = (
    Count(
        "receive_bytes",
        "Octets received through IPsec, before decompression",
        "cipSec*HcInOctets cipSecPhase2GWInOctets ceipSec*InOctets",
    ),
    Count(
        "receive_decompressed_bytes",
        "Octets received through IPsec, after decompression",
        "cipSec*HcInDecompOctets cipSecPhase2GWInDecompOctets ceipSec*InDecompOctets",
    ),
    Count("receive_packets", "Packets received through IPsec", "cipSec*InPkts cipSecPhase2GWInPkts ceipSec*InPkts"),
    Count(
        "receive_dropped_packets",
        "Packets received through IPsec and dropped, replayed ones not counted",
        "cipSecTunInDropPkts cipSecGlobalInDrops cipSecPhase2GWInDrops ceipSecTunInDropPkts ceipSecGlobalInDrops",
    ),
    Count(
        "receive_replay_dropped_packets",
        "Packets received and dropped as replayed",
        "cipSecTunInReplayDropPkts cipSecGlobalInReplayDrops cipSecPhase2GWInReplayDrops "
        "ceipSecTunInReplayDropPkts ceipSecGlobalInReplayDrops",
    ),
    Count(
        "receive_authentications",
        "Authentications of received packets",
        "cipSec*InAuths cipSecPhase2GWInAuths ceipSec*InAuths",
    ),
    Count(
        "receive_authentication_failures",
        "Authentications of received packets that failed",
        "cipSec*InAuthFails cipSecPhase2GWInAuthFails ceipSec*InAuthFails",
    ),
    Count(
        "receive_decryptions",
        "Decryptions of received packets",
        "cipSec*InDecrypts cipSecPhase2GWInDecrypts ceipSec*InDecrypts",
    ),
    Count(
        "receive_decryption_failures",
        "Decryptions of received packets that failed",
        "cipSec*InDecryptFails cipSecPhase2GWInDecryptFails ceipSec*InDecryptFails",
    ),
    Count(
        "transmit_bytes",
        "Octets sent through IPsec, after compression",
        "cipSec*HcOutOctets cipSecPhase2GWOutOctets ceipSec*OutOctets",
    ),
    Count(
        "transmit_uncompressed_bytes",
        "Octets sent through IPsec, before compression",
        "cipSec*HcOutUncompOctets cipSecPhase2GWOutUncompOctets ceipSec*OutUncompOctets",
    ),
    Count("transmit_packets", "Packets sent through IPsec", "cipSec*OutPkts cipSecPhase2GWOutPkts ceipSec*OutPkts"),
    Count(
        "transmit_dropped_packets",
        "Packets that were to be sent through IPsec and were dropped",
        "cipSecTunOutDropPkts cipSecGlobalOutDrops cipSecPhase2GWOutDrops ceipSecTunOutDropPkts ceipSecGlobalOutDrops",
    ),
    Count(
        "transmit_authentications",
        "Authentications of sent packets",
        "cipSec*OutAuths cipSecPhase2GWOutAuths ceipSec*OutAuths",
    ),
    Count(
        "transmit_authentication_failures",
        "Authentications of packets to be sent that failed",
        "cipSec*OutAuthFails cipSecPhase2GWOutAuthFails ceipSec*OutAuthFails",
    ),
    Count(
        "transmit_encryptions",
        "Encryptions of sent packets",
        "cipSec*OutEncrypts cipSecPhase2GWOutEncrypts ceipSec*OutEncrypts",
    ),
    Count(
        "transmit_encryption_failures",
        "Encryptions of packets to be sent that failed",
        "cipSec*OutEncryptFails cipSecPhase2GWOutEncryptFails ceipSec*OutEncryptFails",
    ),
    Count("transmit_compressed_packets", "Packets sent compressed", "ceipSec*OutCompressedPkts"),
    Count(
        "transmit_compression_skipped_packets",
        "Packets sent uncompressed because compression was held off",
        "ceipSec*OutCompSkippedPkts",
    ),
    Count(
        "transmit_compression_failed_packets",
        "Packets sent uncompressed because they would not have shrunk",
        "ceipSec*OutCompFailPkts",
    ),
    Count(
        "transmit_compression_too_small_packets",
        "Packets sent uncompressed because they were too small",
        "ceipSec*OutCompTooSmallPkts",
    ),
)
"""Fields of IpsecTraffic."""


def families(
    counts: tuple[Count, ...], subject: Subject, prefix: str, level: str, *, root: str = ""
) -> Iterator[Family]:
    """Declare the counters of one level: `Tun`, `Global` or `Phase`, that of media gateways."""
    for count in counts:
        names = [name for name in count.sources.split() if ("Phase" in name) == (level == "Phase")]
        own = " ".join(name.replace("*", level) for name in names if "*" in name or level in name)
        if own:
            path = f"{root}.{count.field}" if root else count.field
            yield counter(subject, f"{prefix}_{count.field}", path, count.text, own)
