"""Certificates for listening with TLS, with errors that say which file is wrong and why."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from collector.errors import SourceError


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: our certificate and those that it stands on, its key, and who must have signed those of clients."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


class _EncryptedKeyError(Exception):
    """A key asked for its passphrase, for which OpenSSL would wait at the terminal."""


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return what a listener with TLS 1.2 or later needs; clients show a certificate where `client_ca` is given.

    Raises: SourceError on a file that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    for path in (files.certificate, files.key, files.client_ca):
        if path is not None:
            _look_at(path)
    _load_certificate(context, files)
    if files.client_ca is not None:
        _demand_certificates(context, files.client_ca)
    return context


def _look_at(path: Path) -> None:
    """Find out whether a file can be read: OpenSSL does not name the file."""
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise SourceError(f"TLS file {path}: {error.strerror}") from None


def _load_certificate(context: ssl.SSLContext, files: TlsFiles) -> None:
    try:
        context.load_cert_chain(files.certificate, files.key, _refuse_passphrase)
    except _EncryptedKeyError:
        raise SourceError(f"TLS key {files.key}: is encrypted; write it without a passphrase") from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise SourceError(f"TLS key {files.key}: is not that of certificate {files.certificate}") from None
        reason = (error.reason or "not PEM").lower().replace("_", " ")
        raise SourceError(f"TLS certificate {files.certificate} or key {files.key}: {reason}") from None


def _refuse_passphrase() -> str:
    raise _EncryptedKeyError


def _demand_certificates(context: ssl.SSLContext, client_ca: Path) -> None:
    try:
        context.load_verify_locations(client_ca)
    except ssl.SSLError:
        raise SourceError(f"TLS client_ca {client_ca}: no certificates in PEM") from None
    context.verify_mode = ssl.CERT_REQUIRED
