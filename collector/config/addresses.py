"""How places are written: addresses of devices, of listeners, and directories."""

import ipaddress
import re
from dataclasses import dataclass

from collector.config.grammar import Grammar

_DNS_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)", re.ASCII)
_ADDRESS_OR_NAME = re.compile(r"[A-Za-z0-9_.:-]+(?:%[A-Za-z0-9_.-]{1,15})?", re.ASCII)
_PORT = re.compile(r"\d{1,5}", re.ASCII)
_MAX_DNS_NAME = 253
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Address(Grammar):
    """An IPv4 or IPv6 address, or a name for DNS."""

    @property
    def words(self) -> str:
        """As in Grammar."""
        return "an IPv4 address, an IPv6 address or a DNS name, without a port"

    def parse(self, value: object) -> str:
        """As in Grammar."""
        if not isinstance(value, str) or not is_host(value):
            raise self.refusal()
        return value


def is_host(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address (a zone allowed) or could be a DNS name."""
    if len(text) > _MAX_DNS_NAME or not _ADDRESS_OR_NAME.fullmatch(text):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        return all(_DNS_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
    return True


@dataclass(frozen=True, slots=True)
class IpAddress(Grammar):
    """An IPv4 or IPv6 address, in its canonical form."""

    @property
    def words(self) -> str:
        """As in Grammar."""
        return "an IPv4 or IPv6 address"

    def parse(self, value: object) -> str:
        """As in Grammar."""
        try:
            address = ipaddress.ip_address(value if isinstance(value, str) else "")
        except ValueError:
            raise self.refusal() from None
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return str(mapped or address)


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listen(Grammar):
    """A host and port, an IPv6 address in brackets."""

    @property
    def words(self) -> str:
        """As in Grammar."""
        return "host:port, such as 127.0.0.1:9171, [::1]:9171 or 0.0.0.0:9171"

    def parse(self, value: object) -> ListenAddress:
        """As in Grammar."""
        if isinstance(value, ListenAddress):
            return value
        host, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
        bracketed = host[:1] == "[" and host[-1:] == "]"
        bare = host[1:-1] if bracketed else host
        good_host = is_host(bare) and bracketed == (":" in bare)
        if not good_host or not _PORT.fullmatch(port) or int(port) > _MAX_PORT:
            raise self.refusal()
        return ListenAddress(bare, int(port))


@dataclass(frozen=True, slots=True)
class ListenIp(Grammar):
    """An address of this host and a port: no name, which may stand for several addresses."""

    @property
    def words(self) -> str:
        """As in Grammar."""
        return "address:port, such as 0.0.0.0:162, [::]:162 or 192.0.2.9:162"

    def parse(self, value: object) -> ListenAddress:
        """As in Grammar."""
        try:
            listen = Listen().parse(value)
            return ListenAddress(IpAddress().parse(listen.host), listen.port)
        except ValueError:
            raise self.refusal() from None
