from collector.model import ChildSa, ClosedChildSa, ClosedIkeSa, IkeSa
from collector.tunnels.names import child_identity, ike_identity
from collector.tunnels.rules import Named
from collector.tunnels.track_facts import algorithms_of, identities_of, known_of, session_of
from tests.unit.tunnels.story import HUB, child, closed, endpoint, ike


def test_a_child_sa_tells_what_protects_it():
    """What is not told, or is `none`, is not on record."""
    row = ChildSa(
        control_protocol="ikev2",
        transmit_encryption="aes",
        receive_encryption="des",
        transmit_esp_authentication="none",
        receive_dh_group="dhGroup14",
    )
    assert algorithms_of(row) == (("protocol", "ikev2"), ("encryption", "aes"), ("dh_group", "dhGroup14"))
    assert algorithms_of(ClosedChildSa()) == ()


def test_an_ike_sa_tells_what_it_was_made_with():
    """The same of a live one and of one that has ended."""
    facts = {"encryption": "des3", "hash": "sha", "authentication": "preSharedKey", "dh_group": "dhGroup2"}
    told = (("encryption", "des3"), ("hash", "sha"), ("authentication", "preSharedKey"), ("dh_group", "dhGroup2"))
    assert algorithms_of(IkeSa(**facts)) == algorithms_of(ClosedIkeSa(**facts)) == told


def test_a_value_outside_the_mib_is_on_record_as_it_is():
    """Nobody knows yet what it is; that it was there is known."""
    assert algorithms_of(IkeSa(negotiation_mode="unknown(9)")) == (("mode", "unknown(9)"),)


def test_an_algorithm_that_sends_nothing_is_told_by_what_receives():
    """`none` in one direction hides no algorithm of the other."""
    row = ChildSa(transmit_esp_authentication="none", receive_esp_authentication="hmacSha")
    assert algorithms_of(row) == (("integrity", "hmacSha"),)


def test_only_ike_sas_have_identities():
    """A CHILD SA is made by one; its selectors tell the rest."""
    assert identities_of(IkeSa(local_identity="a", remote_identity="b")) == ("a", "b")
    assert identities_of(ChildSa()) == (None, None)


def session(level, identity, row):
    facts = {"index": "7", "started_at": 5.0, "seen_at": 9.0, "counts": (1, 2)}
    return session_of(level, ("paris", "10.1.1.1"), identity, row, number=3, module=("snmp", "ipsec"), **facts)


def test_a_session_is_the_same_whether_a_live_row_or_a_closed_one_tells_of_it():
    """Only what it carried, and how it ended, is told apart."""
    identity = child_identity("hub1", "red", child(), [endpoint()])
    one = session("child", identity, child(control_protocol="ikev2"))
    assert one == session("child", identity, closed(1, control_protocol="ikev2"))
    assert (one.target, one.vrf, one.tunnel, one.peer) == ("hub1", "red", "paris", "10.1.1.1")
    assert (one.local_address, one.remote_address, one.selectors) == (*HUB.values(), ("22.1.1.1-20.1.1.1",))
    assert (one.algorithms, one.learned, one.live) == ((("protocol", "ikev2"),), "poll", True)


def test_an_ike_sa_has_identities_and_no_selectors():
    """What its identity has in their place is for its name."""
    row = ike(local_identity="hub", remote_identity="spoke")
    one = session("ike", ike_identity("hub1", "global", row), row)
    assert (one.local_identity, one.remote_identity, one.selectors) == ("hub", "spoke", ())


def test_a_tunnel_is_known_by_its_identity_and_what_is_configured_of_it():
    """Nothing has been counted of it yet."""
    identity = child_identity("hub1", "red", child(), [endpoint()])
    named = Named(name="paris", peer="10.1.1.1", configured=True, expectation="always")
    known = known_of("child", ("paris", "10.1.1.1"), identity, named, known_since=5.0)
    assert (known.target, known.vrf, known.level, known.name, known.peer) == (
        *identity[:2],
        "child",
        "paris",
        "10.1.1.1",
    )
    assert (known.local_address, known.remote_address, known.selectors) == identity[3:]
    assert (known.configured, known.expectation, known.known_since) == (True, "always", 5.0)
    assert (known.state, known.sessions, known.base) == ("unknown", 0, ())
