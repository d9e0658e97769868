"""Addresses and identities, as devices really send them: raw octets, text, zero-padded text, with or without a type."""

import ipaddress
import re
from functools import lru_cache

from collector.errors import WireError
from collector.tables.conversions import OCTET_STRING, OCTETS, as_text, decode_octets, readable

_IPV4 = 4
_IPV6 = 16
_ZONE = 4
_LONGEST_REMEMBERED = 64
_DOTTED_QUAD = re.compile(r"0*(\d{1,3})\.0*(\d{1,3})\.0*(\d{1,3})\.0*(\d{1,3})", re.ASCII)


@lru_cache(maxsize=2**16)
def ipv4(octets: bytes) -> str:
    """Write four octets dotted; remembered, because the same addresses come back at every poll."""
    return ".".join(map(str, octets))


@lru_cache(maxsize=2**14)
def ipv6(octets: bytes) -> str:
    """Write 16 octets as RFC 5952 says."""
    return str(ipaddress.IPv6Address(octets))


def address_in(text: str) -> str | None:
    """Return the address that a text is, in its canonical form (`010.001.001.002` is 10.1.1.2), or `None`."""
    return _remembered_address_in(text) if len(text) <= _LONGEST_REMEMBERED else _address_in(text)


def _address_in(text: str) -> str | None:
    quad = _DOTTED_QUAD.fullmatch(text)
    try:
        return str(ipaddress.ip_address(".".join(quad.groups()) if quad else text))
    except ValueError:
        return None


_remembered_address_in = lru_cache(maxsize=2**14)(_address_in)


def _address_text(octets: bytes) -> str | None:
    text = octets.rstrip(b"\0")
    return address_in(text.decode("ascii")) if text.isascii() else None


def address_of(octets: bytes) -> str | None:
    """Read an address by its length: 4 or 16 octets, or text; `None` if it is none of these.

    Sixteen octets that are the text of an address are that text: an IPv6 address whose octets are all digits and
    colons in the right places does not occur.
    """
    if len(octets) == _IPV4:
        return ipv4(octets)
    found = _address_text(octets)
    return ipv6(octets) if found is None and len(octets) == _IPV6 else found


def decode_address(tag: int, content: bytes) -> str | None:
    """IpAddress, IPSIpAddress, InetAddress without its type: by length, as text if need be."""
    if len(content) == _IPV4 and tag in OCTETS:
        return ipv4(content)
    octets = decode_octets(tag, content)
    if octets is None or not octets.rstrip(b"\0"):
        return _unspecified(octets)
    found = address_of(octets)
    if found is None:
        raise WireError(f"{len(octets)} octets are not an address")
    return found


def _unspecified(octets: bytes | None) -> str | None:
    return ipv6(octets) if octets is not None and len(octets) == _IPV6 else None


def inet_address(octets: bytes, type_label: str | None) -> str | None:
    """Read an InetAddress as its InetAddressType says, by its length where the two disagree or the type is absent.

    Raises: WireError if it is no address and not a name either.
    Source: RFC 4001 §3.
    """
    if type_label == "dns":
        return readable(octets)
    if type_label in ("ipv4z", "ipv6z") and len(octets) in (_IPV4 + _ZONE, _IPV6 + _ZONE):
        return f"{address_of(octets[:-_ZONE])}%{int.from_bytes(octets[-_ZONE:], 'big')}"
    return decode_address(OCTET_STRING, octets)


IDENTITY_ADDRESSES = frozenset({"ipAddrPeer", "idIpv4Addr", "idIpv6Addr"})
"""Identity types whose value is one address."""


def identity(octets: bytes, type_label: str | None) -> str | None:
    """Read an IKE identity: text where the octets are text, an address where they are not.

    Devices send addresses as 4 or 16 octets and as text, zero-padded or not, whatever the declared type; the type only
    decides what four printable characters are, and whether the text of an address is one.
    """
    text = as_text(octets)
    if text is None:
        return address_of(octets) or readable(octets)
    if type_label in IDENTITY_ADDRESSES:
        return ipv4(octets) if len(octets) == _IPV4 else address_in(text) or text or None
    return text or None


def decode_identity(tag: int, content: bytes) -> str | None:
    """Read an IKE identity whose type is not known."""
    octets = decode_octets(tag, content)
    return None if octets is None else identity(octets, None)
