"""Signing and encrypting, against published vectors of the algorithms as USM uses them."""

import pytest

from collector.errors import WireError
from collector.wire import usm_crypto
from collector.wire.usm_keys import AuthProtocol, PrivProtocol

CFB_NONCE = bytes(range(16))
CFB_PLAIN = bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")


HI_THERE = {
    AuthProtocol.MD5: "9294727a3638bb1c13f48ef8",
    AuthProtocol.SHA: "b617318655057264e28bc0b6",
    AuthProtocol.SHA224: "896fb1128abbdf196832107cd49df33f",
    AuthProtocol.SHA256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da7",
    AuthProtocol.SHA384: "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c",
    AuthProtocol.SHA512: (
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
    ),
}


@pytest.mark.parametrize("auth", AuthProtocol)
def test_mac(auth):
    """RFC 2202 and RFC 4231, case 1, cut to what RFC 3414 §6.3, §7.3 and RFC 7860 §4.1 say."""
    key = b"\x0b" * (16 if auth is AuthProtocol.MD5 else 20)
    assert usm_crypto.mac(auth, key, b"Hi There").hex() == HI_THERE[auth]
    assert auth.mac_octets * 2 == len(HI_THERE[auth])


@pytest.mark.parametrize(
    ("priv", "key", "octets"),
    [
        (PrivProtocol.AES, "2b7e151628aed2a6abf7158809cf4f3c", "3b3fd92eb72dad20333449f8e83cfb4a"),
        (
            PrivProtocol.AES192,
            "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
            "cdc80d6fddf18cab34c25909c99a4174",
        ),
        (
            PrivProtocol.AES256C,
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            "dc7e84bfda79164b7ecd8486985d3860",
        ),
    ],
)
def test_aes(priv, key, octets):
    """NIST SP 800-38A §F.3.13 ff.: CFB128 in all three key sizes."""
    assert usm_crypto.encrypt(priv, bytes.fromhex(key), CFB_NONCE, CFB_PLAIN).hex() == octets
    assert usm_crypto.decrypt(priv, bytes.fromhex(key), CFB_NONCE, bytes.fromhex(octets)) == CFB_PLAIN


def test_des():
    """FIPS 81's CBC example, its initialization vector made of pre-IV and salt."""
    salt = bytes.fromhex("0f0e0d0c0b0a0908")
    pre_iv = bytes(a ^ b for a, b in zip(bytes.fromhex("1234567890abcdef"), salt, strict=True))
    key = bytes.fromhex("0123456789abcdef") + pre_iv
    nonce = usm_crypto.nonce(5, 6, salt)
    octets = usm_crypto.encrypt(PrivProtocol.DES, key, nonce, b"Now is the time for all ")
    assert octets.hex() == "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"
    assert usm_crypto.decrypt(PrivProtocol.DES, key, nonce, octets) == b"Now is the time for all "


@pytest.mark.parametrize(("size", "padded"), [(0, 0), (1, 8), (8, 8), (9, 16)])
def test_des_pads(size, padded):
    """DES takes whole blocks, so the plain text grows to one."""
    octets = usm_crypto.encrypt(PrivProtocol.DES, bytes(range(16)), CFB_NONCE, b"x" * size)
    assert len(octets) == padded
    assert usm_crypto.decrypt(PrivProtocol.DES, bytes(range(16)), CFB_NONCE, octets) == (b"x" * size).ljust(
        padded, b"\0"
    )


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 65000])
def test_aes_does_not_pad(size):
    """AES in CFB keeps the size of the plain text (RFC 3826 §3.1.3)."""
    assert len(usm_crypto.encrypt(PrivProtocol.AES, bytes(16), CFB_NONCE, bytes(size))) == size


def test_des_wants_whole_blocks():
    """What no DES sender can have made is refused."""
    with pytest.raises(WireError, match="9 octets"):
        usm_crypto.decrypt(PrivProtocol.DES, bytes(range(16)), CFB_NONCE, bytes(9))


def test_nonce():
    """AES takes boots, time and salt in a row (RFC 3826 §3.1.2.1); a salt has 8 octets."""
    assert usm_crypto.nonce(1, 2**31 - 1, b"saltsalt") == b"\0\0\0\1\x7f\xff\xff\xffsaltsalt"
    for salt in (b"", b"saltsal", b"saltsalts"):
        with pytest.raises(WireError, match="salt"):
            usm_crypto.nonce(1, 2, salt)
