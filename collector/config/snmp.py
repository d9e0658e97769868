"""How a target is asked: SNMP versions and their credentials, and the contexts to ask in.

Source: RFC 3584 section 5 (communities and contexts), RFC 3414 (USM), RFC 3411 (names and their sizes).
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Tag, ValidationInfo, field_validator

from collector.config.grammar import Choice, Flag, HexOctets, Protocol, Text
from collector.config.secret import Secret, SecretReference, Surroundings
from collector.config.section import Section

Vrf = Annotated[str, Text("the name of a VRF", octets=64)]
VrfPattern = Annotated[str, Text("the name of a VRF, or a pattern with * and ?", octets=64)]
Community = Annotated[Secret, SecretReference()]
PassPhrase = Annotated[Secret, SecretReference(octets=8)]


class AuthProtocol(StrEnum):
    """RFC 3414, RFC 7860; the names of `collector.wire.usm.AuthProtocol`."""

    MD5 = "MD5"
    SHA = "SHA"
    SHA224 = "SHA-224"
    SHA256 = "SHA-256"
    SHA384 = "SHA-384"
    SHA512 = "SHA-512"


class PrivProtocol(StrEnum):
    """RFC 3414, RFC 3826, draft-blumenthal-aes-usm-04; -C has the key extension that Cisco devices use."""

    DES = "DES"
    AES = "AES"
    AES192 = "AES-192"
    AES256 = "AES-256"
    AES192C = "AES-192-C"
    AES256C = "AES-256-C"


class AuthConfig(Section):
    """Authentication of version 3."""

    protocol: Annotated[AuthProtocol, Protocol(AuthProtocol, (("SHA1", "SHA"),))]
    """The algorithm; MD5 is weak and warned about."""
    secret: PassPhrase
    """The authentication passphrase."""


class PrivConfig(Section):
    """Encryption of version 3."""

    protocol: Annotated[PrivProtocol, Protocol(PrivProtocol, (("AES128", "AES"),))]
    """The algorithm; IOS's `aes 192` and `aes 256` are AES-192-C and AES-256-C. DES is weak and warned about."""
    secret: PassPhrase
    """The privacy passphrase."""


_V3_ONLY = "belongs to version 3"
_COMMUNITY_ONLY = "belongs to versions 1 and 2c"


class CommunityConfig(Section):
    """Versions 1 and 2c: a community, in clear on the wire."""

    foreign_keys: ClassVar[Mapping[str, str]] = dict.fromkeys(("user", "auth", "priv", "context_engine_id"), _V3_ONLY)

    version: Annotated[Literal["1", "2c"], Choice(("1", "2c", "3"))]
    """Version 1 has neither GETBULK nor 64-bit counters: choose it only for devices that know no other."""
    community: Community
    """The community of the default context, and of contexts that name no other."""


class UsmConfig(Section):
    """Version 3 with the user-based security model."""

    foreign_keys: ClassVar[Mapping[str, str]] = {"community": _COMMUNITY_ONLY}

    version: Annotated[Literal["3"], Choice(("1", "2c", "3"))]
    """The user-based security model."""
    user: Annotated[str, Text("a user name", octets=32)]
    """The user (RFC 3414 usmUserName)."""
    auth: AuthConfig | None = None
    """How requests are authenticated; absent means not at all, which is warned about."""
    priv: PrivConfig | None = None
    """How requests are encrypted; needs `auth`."""
    context_engine_id: Annotated[bytes, HexOctets(5, 32)] | None = None
    """The engine whose contexts are asked for, where it is not the one that answers (a proxy)."""

    @field_validator("priv")
    @classmethod
    def _priv_needs_auth(cls, priv: PrivConfig | None, info: ValidationInfo) -> PrivConfig | None:
        if priv and info.data.get("auth", priv) is None:
            raise ValueError("encryption needs authentication: add 'auth' (RFC 3414 section 1.4.3)")
        return priv

    @property
    def level(self) -> Literal["noAuthNoPriv", "authNoPriv", "authPriv"]:
        """The security level that the credentials make (RFC 3411 SnmpSecurityLevel)."""
        if self.auth is None:
            return "noAuthNoPriv"
        return "authPriv" if self.priv else "authNoPriv"


def _which_snmp(value: object) -> str:
    """Choose the kind whose errors help most, even where `version` is absent or wrong."""
    if isinstance(value, dict):
        version = value.get("version")
        usm = version == "3" or (version not in ("1", "2c") and not value.keys().isdisjoint({"user", "auth", "priv"}))
        return "<usm>" if usm else "<community>"
    return "<usm>" if isinstance(value, UsmConfig) else "<community>"


SnmpConfig = Annotated[
    Annotated[CommunityConfig, Tag("<community>")] | Annotated[UsmConfig, Tag("<usm>")],
    Discriminator(_which_snmp),
]


class ContextConfig(Section):
    """One context to poll, and the VRF that it shows."""

    vrf: Vrf
    """The `vrf` label; `global` is the default one."""
    community: Community | None = None
    """Versions 1 and 2c: the community that the device maps to the context."""
    context_name: Annotated[str, Text("the name of a context", octets=32)] | None = None
    """Version 3: the context's name, on IOS as in `snmp-server context`."""


class CommunityTemplate(SecretReference):
    """A pattern that gives each discovered context its community.

    Placeholders and punctuation alone hold no secret and may be written as they are; whatever has a letter or digit of
    its own is written like a secret.
    """

    @property
    def words(self) -> str:
        """As in Grammar."""
        return (
            "a pattern of {community}, {context}, {vrf} and punctuation; "
            "one with other letters or digits as env:NAME or file:PATH (or plain:TEXT)"
        )

    def fetch(self, value: object, surroundings: Surroundings) -> Secret:
        """As in SecretReference."""
        if isinstance(value, str) and _has_no_letters(value):
            value = Secret(value.encode(), "pattern")
        secret = super().fetch(value, surroundings)
        if not _PLACEHOLDER.search(secret.reveal()):
            raise ValueError("the pattern has neither {context} nor {vrf}: all contexts would get one community")
        return secret


_PLACEHOLDER = re.compile(rb"\{(?:context|vrf)\}")


def _has_no_letters(template: str) -> bool:
    rest = re.sub(r"\{(?:community|context|vrf)\}", "", template)
    return rest != template and rest.isascii() and rest.isprintable() and not any(map(str.isalnum, rest))


class DiscoveryConfig(Section):
    """Contexts found on the device (CISCO-CONTEXT-MAPPING-MIB, else vacmContextTable); the default one is `global`."""

    discover: Annotated[Literal[True], Flag()] = True
    """Always true; `contexts: discover` is short for a mapping with this key alone."""
    include: tuple[VrfPattern, ...] = ("*",)
    """VRFs to poll, by name."""
    exclude: tuple[VrfPattern, ...] = ()
    """VRFs not to poll, by name; stronger than `include`."""
    community_template: Annotated[Secret, CommunityTemplate()] | None = None
    """Versions 1 and 2c, which need it: the community of a discovered context, such as `{community}@{context}`."""

    @field_validator("discover")
    @classmethod
    def _is_true(cls, discover: bool) -> bool:  # noqa: FBT001 - pydantic's signature
        if not discover:
            raise ValueError("expected true; without discovery remove 'contexts'")
        return discover

    def selects(self, vrf: str) -> bool:
        """Whether a discovered VRF is to be polled."""
        return _matches(vrf, self.include) and not _matches(vrf, self.exclude)

    def community_of(self, *, community: Secret, context: str, vrf: str) -> Secret:
        """Make the community of a discovered context from the target's own."""
        template = self.community_template
        if template is None:
            return community
        parts = {b"{community}": community.reveal(), b"{context}": context.encode(), b"{vrf}": vrf.encode()}
        octets = re.sub(rb"\{(?:community|context|vrf)\}", lambda found: parts[found[0]], template.reveal())
        return Secret(octets, template.source)


def _matches(vrf: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(vrf, pattern) for pattern in patterns)
