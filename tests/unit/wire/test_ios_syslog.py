"""Cisco messages: what each kind of line says, as devices wrote it."""

import pytest

from collector.wire.ios_syslog import IosMessage, read_ios_message


def test_message():
    """A message has its facility, severity and mnemonic, and its text after the colon."""
    assert read_ios_message("%SYS-5-CONFIG_I: Configured from console by vty0 (192.168.3.1)") == IosMessage(
        facility="SYS", severity=5, mnemonic="CONFIG_I", text="Configured from console by vty0 (192.168.3.1)"
    )


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("%PIM-SW1-6-INVALID_RP_JOIN: Received", "PIM-SW1-6-INVALID_RP_JOIN", "PIM-SW1-INVALID_RP_JOIN"),
        ("%ACL-IPV4_ACL-6-IPACCESSLOGP : access", "ACL-IPV4_ACL-6-IPACCESSLOGP", "ACL-IPV4_ACL-IPACCESSLOGP"),
        ("%FTD-vpn-4-752010: IKEv2 Doesn't", "FTD-vpn-4-752010", "FTD-vpn-752010"),
        ("%LOG_-2-SYSTEM_MSG [F0110]", "LOG_-2-SYSTEM_MSG", "LOG_-SYSTEM_MSG"),
        ("%SYS-5-CONFIG_I", "SYS-5-CONFIG_I", "SYS-CONFIG_I"),
    ],
)
def test_names(text, name, kind):
    """Facilities may have parts, and be written in small letters; a message is known without its severity too."""
    message = read_ios_message(text)
    assert (message.name, message.kind, message.fields) == (name, kind, ())


@pytest.mark.parametrize("text", ["", "hello", "100%", "%SYS-9-CONFIG_I: x", "%-5-X: x", "a %SYS-5-CONFIG_I: x"])
def test_no_message(text):
    """A text that does not begin with a mnemonic is no Cisco message."""
    assert read_ios_message(text) is None


def test_platform():
    """A message of the quantum flow processor comes within one of the platform (IOS-XE, nettechnotes 2020)."""
    message = read_ios_message(
        "%IOSXE-3-PLATFORM: R0/0: cpp_cp: QFP:0.0 Thread:000 TS:0002185922034562192 %IPSEC-3-REPLAY_ERROR: IPSec SA "
        "receives anti-replay error, DP Handle 13, src_addr 10.1.0.1, dest_addr 10.2.0.1, SPI 0x3caaaeb7"
    )
    assert message == IosMessage(
        facility="IPSEC",
        severity=3,
        mnemonic="REPLAY_ERROR",
        text="IPSec SA receives anti-replay error, DP Handle 13, src_addr 10.1.0.1, dest_addr 10.2.0.1, SPI 0x3caaaeb7",
        wrapper="IOSXE-3-PLATFORM",
        fields=(("handle", "13"), ("remote", "10.1.0.1"), ("local", "10.2.0.1"), ("spi", "0x3caaaeb7")),
    )


@pytest.mark.parametrize("text", ["R0/0: kernel: eth2: mtu greater than device maximum", f"{'x' * 300} %IPSEC-3-X: y"])
def test_platform_alone(text):
    """A message of the platform itself stays what it is."""
    message = read_ios_message(f"%IOSXE-3-PLATFORM: {text}")
    assert (message.name, message.wrapper, message.text) == ("IOSXE-3-PLATFORM", None, text)
