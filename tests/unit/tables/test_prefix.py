from collector.tables.prefix import common_prefix
from collector.wire.ber import oid as encode_oid


def test_common_prefix_ends_with_a_sub_identifier():
    """Octets that two OIDs share by chance, in the middle of a sub-identifier, are not shared."""
    oids = [encode_oid("1.3.6.1.128"), encode_oid("1.3.6.1.129")]
    assert common_prefix(oids) == encode_oid("1.3.6.1")
    assert common_prefix(oids[:1]) == oids[0]
    assert common_prefix([encode_oid("2.200"), encode_oid("2.201")]) == b""
