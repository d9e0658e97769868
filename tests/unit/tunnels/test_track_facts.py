from collector.model import ChildSa, ClosedChildSa, ClosedIkeSa, IkeSa
from collector.tunnels.track_facts import algorithms_of, identities_of


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
