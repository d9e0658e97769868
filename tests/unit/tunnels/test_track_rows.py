from tests.unit.tunnels.story import BARE, NAME, Story, child, endpoint, ike

OTHER = "22.1.1.1-20.1.1.2 via 10.1.1.2"


def whole(story, *, at):
    """Poll two tunnels that tell everything."""
    rows = [child(n, seconds=100 + at, octets=n + at) for n in (7, 8)]
    story.poll("ipsec", *rows, endpoint(7), endpoint(8, remote="20.1.1.2"), at=at)


def test_a_row_without_selectors_for_once_is_what_it_was():
    """Its endpoints were not read: nothing ends, begins, or changes its name."""
    story = Story()
    whole(story, at=0)
    story.poll(
        "ipsec", *(child(n, seconds=160, octets=n + 60) for n in (7, 8)), at=60, incomplete=("cipSecEndPtTable",)
    )
    assert {name: one.account.receive_bytes for name, one in story.shown().items()} == {NAME: 67, OTHER: 68}
    whole(story, at=120)
    assert ({one.sessions for one in story.shown().values()}, story.moves()) == ({1}, [])


def test_a_new_sa_under_an_old_index_is_not_taken_for_the_old_one():
    """It has no selectors yet, and another start."""
    story = Story()
    whole(story, at=0)
    story.poll("ipsec", child(7, seconds=5), child(8, seconds=160), endpoint(8, remote="20.1.1.2"), at=60)
    assert story.all_sessions()[0].live is False or story.all_sessions()[1].live is False
    rows = child(7, seconds=65), endpoint(7, remote="20.1.1.3"), child(8, seconds=220), endpoint(8, remote="20.1.1.2")
    story.poll("ipsec", *rows, at=120)
    assert [one.tunnel for one in story.all_sessions() if one.live] == [OTHER, "22.1.1.1-20.1.1.3 via 10.1.1.2"] or [
        one.tunnel for one in story.all_sessions() if one.live
    ] == ["22.1.1.1-20.1.1.3 via 10.1.1.2", OTHER]


def test_a_new_row_without_selectors_waits_for_them():
    """Where others have selectors, no tunnel is learned from a row that merely lacks them."""
    story = Story()
    whole(story, at=0)
    rows = child(7, seconds=160), endpoint(7), child(8, seconds=160), endpoint(8, remote="20.1.1.2")
    story.poll("ipsec", *rows, child(9, seconds=5, octets=5), at=60)
    assert set(story.shown()) == {NAME, OTHER}
    rows = child(7, seconds=220), endpoint(7), child(8, seconds=220), endpoint(8, remote="20.1.1.2")
    story.poll("ipsec", *rows, child(9, seconds=65, octets=9), endpoint(9, remote="20.1.1.9"), at=120)
    tunnel = story.tunnel("22.1.1.1-20.1.1.9 via 10.1.1.2")
    assert (tunnel.sessions, tunnel.account.receive_bytes) == (1, 9)


def test_a_row_that_never_tells_more_is_believed_in_the_end():
    """It is a tunnel all the same."""
    story = Story()
    whole(story, at=0)
    for at in (60, 120, 180, 240):
        rows = [child(n, seconds=100 + at) for n in (7, 8)]
        story.poll("ipsec", *rows, endpoint(7), endpoint(8, remote="20.1.1.2"), child(9, seconds=at), at=at)
        assert (BARE in story.shown()) == (at >= 240)


def test_a_row_without_one_address_waits_too():
    """Columns that end at different rows leave the last ones half empty."""
    story = Story()
    story.poll("ike", ike(4, seconds=5, remote_address=None), at=0)
    assert story.shown("ike") == {}
    story.poll("ike", ike(4, seconds=65), at=60)
    assert set(story.shown("ike")) == {BARE}


def test_a_known_tunnel_waits_for_nothing():
    """That it is told like that was seen before."""
    story = Story()
    for at in (0, 100, 200):
        story.poll("ike", ike(4, seconds=5 + at, remote_address=None), at=at)
    assert set(story.shown("ike")) == {"10.1.1.2-unknown"}
    story.poll("ike", ike(5, seconds=5, remote_address=None), at=260)
    assert story.tunnel("10.1.1.2-unknown", "ike").sessions == 2


def test_a_row_with_half_of_its_selectors_waits_too():
    """They were written while they were read."""
    story = Story()
    whole(story, at=0)
    rows = child(7, seconds=160), endpoint(7), child(8, seconds=160), endpoint(8, remote="20.1.1.2")
    story.poll("ipsec", *rows, child(9, seconds=5), endpoint(9, remote=None), at=60)
    assert set(story.shown()) == {NAME, OTHER}


def test_a_row_with_half_of_its_selectors_for_once_is_what_it_was():
    """Nothing ends or changes its name."""
    story = Story()
    whole(story, at=0)
    rows = child(7, seconds=160, octets=67), endpoint(7, remote=None), child(8, seconds=160, octets=68)
    story.poll("ipsec", *rows, endpoint(8, remote="20.1.1.2"), at=60)
    assert {name: one.account.receive_bytes for name, one in story.shown().items()} == {NAME: 67, OTHER: 68}
