"""Certificates for listening with TLS."""

import re
import ssl

import pytest

from collector.errors import SourceError
from collector.sources.tls import TlsFiles, server_context
from tests.agents.certificates import Authority


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def test_context(authority):
    """TLS 1.2 is the least; clients need a certificate only where an authority for them is named."""
    pair = authority.issue("server")
    context = server_context(TlsFiles(pair.certificate, pair.key))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_NONE
    demanding = server_context(TlsFiles(pair.certificate, pair.key, authority.certificate))
    assert demanding.verify_mode is ssl.CERT_REQUIRED


def test_bad_files(authority, tmp_path):
    """Every error names the file, and what to mend."""
    good, other = authority.issue("server"), authority.issue("other")
    locked = authority.issue("locked", passphrase=b"sesame")
    text = tmp_path / "text"
    text.write_text("no PEM")
    for files, error in (
        (TlsFiles(tmp_path / "none", good.key), f"TLS file {tmp_path}/none: No such file or directory"),
        (TlsFiles(good.certificate, tmp_path / "none"), f"TLS file {tmp_path}/none: No such file or directory"),
        (TlsFiles(good.certificate, good.key, tmp_path), f"TLS file {tmp_path}: Is a directory"),
        (
            TlsFiles(good.certificate, other.key),
            f"TLS key {other.key}: is not that of certificate {good.certificate}",
        ),
        (
            TlsFiles(locked.certificate, locked.key),
            f"TLS key {locked.key}: is encrypted; write it without a passphrase",
        ),
        (TlsFiles(text, good.key), f"TLS certificate {text} or key {good.key}: "),
        (TlsFiles(good.certificate, text), f"TLS certificate {good.certificate} or key {text}: "),
        (TlsFiles(good.certificate, good.key, text), f"TLS client_ca {text}: no certificates in PEM"),
    ):
        with pytest.raises(SourceError, match="^" + re.escape(error)):
            server_context(files)
