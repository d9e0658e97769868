"""Ports, as people read them."""

import errno

from collector.sources.listener import Listener, unavailable


def test_text():
    """An IPv6 address stands in brackets."""
    assert str(Listener("udp", "0.0.0.0", 162)) == "udp 0.0.0.0:162"
    assert str(Listener("tls", "::1", 6514, "red")) == "tls [::1]:6514"


def test_unavailable():
    """The error names the port and the system's reason."""
    listener = Listener("udp", "0.0.0.0", 162)
    error = OSError(errno.EACCES, "no")
    assert str(unavailable(listener, error)) == "listening on udp 0.0.0.0:162: Permission denied"
    assert str(unavailable(listener, OSError("odd"))) == "listening on udp 0.0.0.0:162: odd"
