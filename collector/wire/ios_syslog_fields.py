"""What stands in the texts of Cisco messages: text → fields by name, without those that it has not.

Each pattern is as a device was seen to write it (`tests/unit/wire/test_ios_syslog.py` says which); none repeats within
itself, so that the time it takes grows as the text does.
"""

import re
from ipaddress import ip_address

_ADDRESS = r"[0-9A-Fa-f:.]{2,45}"
_NAME = r"[^\s,)]{1,64}"
_ADDRESSES = frozenset({"local", "remote", "local_tunnel", "remote_tunnel"})

_SESSION = re.compile(
    r"Crypto (?:session|tunnel)(?: (?P<version>v\d))? is (?P<state>UP|DOWN)\s*+\.?\s*+"
    r"Peer (?P<peer>[0-9A-Fa-f:.]{2,51})(?P<rest>(?:\s.*)?)",
    re.ASCII,
)
_VRF = re.compile(r"\s*+(fvrf|ivrf)=(\S{1,64})", re.ASCII)

_PACKET_NAMES = {
    "srcaddr": "remote",
    "src_addr": "remote",
    "remote": "remote",
    "destaddr": "local",
    "dest_addr": "local",
    "vrf/dest_addr": "local",
    "local": "local",
    "spi": "spi",
    "SPI": "spi",
    "prot": "protocol",
    "input interface": "interface",
    "connection id": "connection",
    "DP Handle": "handle",
    "sequence number": "sequence",
}
_PACKET = re.compile(
    r"\b(?P<name>vrf/dest_addr|dest_addr|destaddr|src_addr|srcaddr|local|remote|spi|SPI|prot|input interface"
    r"|connection id|DP Handle|sequence number)(?:\s*+=\s*+|\s)(?P<value>[^\s,=]{1,110}+)(?!=)",
    re.ASCII,
)
_SPI = re.compile(r"(?:0x)?([0-9A-Fa-f]{1,8})(?:\(\d{1,10}\))?", re.ASCII)

_IKE_PEER = re.compile(rf"\b(?:peer at|peer|from|host|ID of) (?P<address>{_ADDRESS})", re.ASCII)
_MODE = re.compile(r"Processing of (\S{1,40}) [Mm]ode", re.ASCII)

_CONNECTION = re.compile(r"\b(User|Group|Client_public_addr|Server_public_addr) ?= ?(\S{1,64})", re.ASCII)
_SWITCH = re.compile(r"(?:ISAKMP|GDOI) is (?P<state>ON|OFF)\b")
_ENDS = re.compile(r"Local:(?P<local>\S{1,51}) Remote:(?P<remote>\S{1,51})", re.ASCII)
_ERROR = "due to ERROR:"

_SOCKET = re.compile(
    rf"(?P<interface>{_NAME}): local address : (?P<local>{_ADDRESS}) remote address : (?P<remote>{_ADDRESS})"
    r" socket is (?P<state>UP|DOWN)\b",
    re.ASCII,
)
_NEXT_HOP = re.compile(
    rf"(?P<interface>{_NAME}): Next Hop (?:Client|Server) : \(Tunnel: (?P<remote_tunnel>{_NAME})"
    rf" NBMA: (?P<remote>{_NAME}) ?\) for \(Tunnel: (?P<local_tunnel>{_NAME}) NBMA: (?P<local>{_NAME}) ?\)"
    r" is {1,2}(?P<state>UP|DOWN)\b(?:, Reason: (?P<reason>.+))?",
    re.ASCII,
)
_INTERFACE = re.compile(rf"(?P<interface>{_NAME}): ", re.ASCII)
_OWN_END = re.compile(rf"\(Tunnel: (?P<local_tunnel>{_NAME}) NBMA: (?P<local>{_NAME})\)", re.ASCII)
_REASON = ", Reason:"

_LINK = re.compile(rf"\bInterface (?P<interface>{_NAME}), changed state to (?P<state>[a-z ]{{1,40}})")
_NEIGHBOR = re.compile(
    rf"\b[Nn]eighbor (?P<remote>{_ADDRESS})(?: (?:active|passive|\w{{1,10}} (?:Uni|Multi)cast))?"
    rf"(?: vpn vrf (?P<vrf>{_NAME}))? (?P<state>Up|Down|topology base removed from session)\b(?P<reason>.*)",
    re.ASCII,
)
_NOTIFICATION = re.compile(
    rf"(?P<direction>sent to|received from) neighbor (?P<remote>{_ADDRESS})(?: (?:active|passive))?"
    rf"(?: vpn vrf (?P<vrf>{_NAME}))? (?P<code>\d{{1,3}}/\d{{1,3}}) \((?P<reason>[^()]{{1,200}})\)",
    re.ASCII,
)
_RESET = re.compile(
    rf"Neighbor (?P<remote>{_ADDRESS})(?: (?:active|passive))?(?: vpn vrf (?P<vrf>{_NAME}))?"
    r" reset \((?P<reason>[^()]{1,200})\)",
    re.ASCII,
)
_RELEASE = re.compile(r"\bVersion (?P<version>[^\s,]{1,64})")
_RELOAD_REASON = "Reload Reason:"


def session(text: str) -> dict[str, str]:
    """Read `Crypto session is UP. Peer 10.6.6.1:500 fvrf=… ivrf=…   Description: … Id: …`, and that of IKEv2."""
    found = _SESSION.match(text)
    if found is None:
        return {}
    fields = {"state": found["state"]}
    if found["version"]:
        fields["version"] = found["version"]
    _put_peer(fields, "remote", found["peer"])
    rest, at = found["rest"], 0
    while vrf := _VRF.match(rest, at):
        fields[vrf[1]] = vrf[2]
        at = vrf.end()
    return fields | _read_labels(rest[at:])


def _read_labels(text: str) -> dict[str, str]:
    """Read free texts after their labels; a description may have the others' within it, so that the last ones count."""
    at = {"description": text.find(" Description:"), "group": text.rfind(" Group:"), "id": text.rfind(" Id:")}
    starts = sorted((start, name) for name, start in at.items() if start >= 0)
    ends = [*(start for start, _ in starts), len(text)][1:]
    values = {name: text[start + len(name) + 2 : end].strip() for (start, name), end in zip(starts, ends, strict=True)}
    return {name: value for name, value in values.items() if value}


def packet(text: str) -> dict[str, str]:
    """Read the pairs of a message on a refused packet: `destaddr=…`, `src_addr …`, `SPI 0x…`."""
    fields: dict[str, str] = {}
    for found in _PACKET.finditer(text):
        name, value = _PACKET_NAMES[found["name"]], found["value"]
        if found["name"] == "vrf/dest_addr":
            vrf, _, value = value.rpartition("/")
            fields |= {"vrf": vrf} if vrf else {}
        if name == "spi":
            spi = _SPI.fullmatch(value)
            value = f"{int(spi[1], 16):#010x}" if spi else ""
        _put(fields, name, value)
    return fields


def ike_peer(text: str) -> dict[str, str]:
    """Read the peer's address and the mode, where a message of IKEv1 names them."""
    fields: dict[str, str] = {}
    for found in _IKE_PEER.finditer(text):
        if "remote" not in fields:
            _put(fields, "remote", found["address"].rstrip(".:"))
    if mode := _MODE.search(text):
        fields["mode"] = mode[1]
    return fields


def connection(text: str) -> dict[str, str]:
    """Read `(Client)  User=… Client_public_addr=… Server_public_addr=…`; in brackets is the device's own side."""
    pairs = dict(_CONNECTION.findall(text))
    ends = ("local", "remote") if text.startswith("(Client)") else ("remote", "local")
    fields: dict[str, str] = {}
    _put(fields, ends[0], pairs.get("Client_public_addr", ""))
    _put(fields, ends[1], pairs.get("Server_public_addr", ""))
    _put(fields, "user", pairs.get("User", ""))
    _put(fields, "group", pairs.get("Group", ""))
    return fields


def switch(text: str) -> dict[str, str]:
    """Read `ISAKMP is ON`."""
    return _read(_SWITCH.match(text))


def abort(text: str) -> dict[str, str]:
    """Read why IKEv2 gave a negotiation up, and between whom where it says so."""
    fields: dict[str, str] = {}
    if ends := _ENDS.match(text):
        _put_peer(fields, "local", ends["local"])
        _put_peer(fields, "remote", ends["remote"])
    _put(fields, "reason", text.partition(_ERROR)[2])
    return fields


def dmvpn_socket(text: str) -> dict[str, str]:
    """Read `Tunnel0: local address : … remote address : … socket is UP`."""
    return _read(_SOCKET.match(text))


def next_hop(text: str) -> dict[str, str]:
    """Read `Tunnel0: Next Hop Client : (Tunnel: … NBMA: … ) for (Tunnel: … NBMA: …) is DOWN, Reason: …`."""
    return _read(_NEXT_HOP.match(text))


def nhrp_error(text: str) -> dict[str, str]:
    """Read `Tunnel0: NHRP Encap Error for  Error Indication , Reason:  … on (Tunnel: … NBMA: …)`."""
    fields = _read(_INTERFACE.match(text)) | _read(_OWN_END.search(text))
    _put(fields, "reason", text.partition(_REASON)[2].rpartition(" on (")[0])
    return fields


def link(text: str) -> dict[str, str]:
    """Read `Line protocol on Interface Tunnel0, changed state to up`, and that of the interface itself."""
    return _read(_LINK.search(text))


def neighbor(text: str) -> dict[str, str]:
    """Read `neighbor 10.1.24.2 vpn vrf blue Down Interface flap`."""
    return _read(_NEIGHBOR.search(text))


def bgp_notification(text: str) -> dict[str, str]:
    """Read `sent to neighbor 10.1.24.2 4/0 (hold time expired) 0 bytes`."""
    return _read(_NOTIFICATION.match(text))


def bgp_reset(text: str) -> dict[str, str]:
    """Read `Neighbor 10.1.24.2 reset (Interface flap)`."""
    return _read(_RESET.match(text))


def restart(text: str) -> dict[str, str]:
    """Read the release of `System restarted --`."""
    return _read(_RELEASE.search(text))


def reload(text: str) -> dict[str, str]:
    """Read `Reload requested by console. Reload Reason: Reload Command.`."""
    fields: dict[str, str] = {}
    _put(fields, "reason", text.partition(_RELOAD_REASON)[2])
    return fields


def _read(found: re.Match[str] | None) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in found.groupdict(default="").items() if found else ():
        _put(fields, name, value)
    return fields


def _put(fields: dict[str, str], name: str, value: str) -> None:
    """Set a field, if it says something; an address has to be one."""
    value = _canonical(value) if name in _ADDRESSES else value.strip()
    if value:
        fields[name] = value


def _put_peer(fields: dict[str, str], name: str, text: str) -> None:
    """Set the fields of an address that a port may follow after a colon, as it does after IPv6 addresses too."""
    address, _, port = text.rpartition(":")
    if port.isdecimal() and (canonical := _canonical(address)):
        fields |= {name: canonical, f"{name}_port": port}
    else:
        _put(fields, name, text)


def _canonical(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
