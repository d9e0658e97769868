"""Where targets are: literal addresses at once, DNS names asked for without holding anything up."""

import asyncio
import socket
from dataclasses import dataclass

from collector.errors import SourceError
from collector.sources.snmp.sockets import Address

_KEEP_SECONDS = 300.0
_MOST_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A resolved address."""

    family: socket.AddressFamily
    address: Address

    @property
    def key(self) -> Address:
        """What is the same in the address of a datagram from there: no flow information."""
        return address_key(self.address)


def address_key(address: Address) -> Address:
    """Return an address without the IPv6 flow information, which may differ from packet to packet."""
    return address if len(address) == 2 else (address[0], address[1], address[3])  # noqa: PLR2004 - (host, port)


class Names:
    """Addresses of names; the answer is kept for some time, and dropped when there is no answer at the address."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._known: dict[tuple[str, int], tuple[float, list[Endpoint]]] = {}
        self._failures: dict[tuple[str, int], int] = {}

    async def resolve(self, host: str, port: int) -> Endpoint:
        """Return an address of a host; after failures another one each time, if it has several.

        Raises: SourceError if the name has none.
        """
        key = (host, port)
        expires, endpoints = self._known.get(key, (0.0, []))
        if expires < self._loop.time():
            endpoints = await self._ask(host, port)
            if len(self._known) >= _MOST_NAMES:
                self._known.clear()
                self._failures.clear()
            self._known[key] = (self._loop.time() + _KEEP_SECONDS, endpoints)
        return endpoints[self._failures.get(key, 0) % len(endpoints)]

    async def _ask(self, host: str, port: int) -> list[Endpoint]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            try:
                found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            except OSError as error:
                raise SourceError(f"resolving {host}: {error.strerror or error}") from error
        endpoints = [Endpoint(family, address) for family, _, _, _, address in found]
        if not endpoints:
            raise SourceError(f"resolving {host}: it has no address")
        return endpoints

    def failed(self, host: str, port: int) -> None:
        """Ask anew the next time, and try the next address: there was no answer at the last one."""
        key = (host, port)
        if self._known.pop(key, None):
            self._failures[key] = self._failures.get(key, 0) + 1
