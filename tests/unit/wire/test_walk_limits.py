"""What is learned of an agent's limits."""

from collector.wire.walk_limits import SMALLEST, Limits


def answered(limits, asked, *, repetitions=10, got=None, octets=1000, **how):
    how = {"cut_off": False, "slow": False, "retried": False} | how
    limits.answered(asked, repetitions, asked if got is None else got, octets, **how)


def test_nothing_is_expected_before_anything_is_answered():
    """Before the first answer only the smallest request is sure to be answered."""
    limits = Limits(40)
    assert limits.proven == 0
    assert limits.expects_answer(SMALLEST, 1)
    assert not limits.expects_answer(SMALLEST + 1, 1)
    assert not limits.expects_answer(2, 2)


def test_what_was_answered_is_expected_again():
    """A request is sure to be answered if one with as many varbinds and as many repetitions was."""
    limits = Limits(40)
    answered(limits, 60, repetitions=20)
    assert limits.expects_answer(60, 20)
    assert not limits.expects_answer(61, 20)
    assert not limits.expects_answer(40, 21)


def test_full_responses_allow_larger_ones():
    """Each response that is about as large as allowed doubles what is allowed, up to a bound."""
    limits = Limits(40)
    for _ in range(10):
        answered(limits, limits.varbinds)
    assert limits.varbinds == 1024


def test_small_responses_prove_nothing_about_larger_ones():
    """A response that was not asked to be large leaves the limits as they are."""
    limits = Limits(40)
    before = limits.varbinds
    answered(limits, 5, octets=100)
    assert limits.varbinds == before


def test_a_response_that_is_cut_off_tells_its_largest_size():
    """No more octets are asked for than the agent has sent when it cut a response off, until that is forgotten."""
    limits = Limits(40)
    answered(limits, 64, got=50, octets=1300, cut_off=True)
    assert limits.octets == 1300
    for _ in range(5):
        answered(limits, limits.varbinds, octets=1250)
    assert limits.octets == 1300
    limits.forget()
    answered(limits, limits.varbinds, octets=1250)
    assert limits.octets == 2600


def test_a_response_that_is_cut_off_early_is_not_taken_for_the_largest():
    """Every agent can send 484 octets."""
    limits = Limits(40)
    answered(limits, 64, got=1, octets=60, cut_off=True)
    assert limits.octets == 484


def test_slow_responses_halve_what_is_asked_for():
    """A response that takes long halves what is asked for, down to the smallest request."""
    limits = Limits(40)
    answered(limits, 60, slow=True)
    assert limits.varbinds == 30
    for _ in range(9):
        answered(limits, limits.varbinds, slow=True)
    assert limits.varbinds == SMALLEST


def test_too_big_is_believed_at_once():
    """What the agent calls too big is not tried again before it is forgotten."""
    limits = Limits(40)
    limits.too_big(64, 32)
    assert (limits.varbinds, limits.repetitions) == (32, 16)
    answered(limits, 32, repetitions=16)
    assert (limits.varbinds, limits.repetitions) == (32, 16)
    limits.forget()
    answered(limits, 32, repetitions=16)
    assert (limits.varbinds, limits.repetitions) == (64, 32)


def test_silence_is_believed_the_second_time():
    """A size that was not answered is tried again once; after the second silence it is not, until it is forgotten."""
    limits = Limits(40)
    limits.failed(64, 32)
    assert (limits.varbinds, limits.repetitions) == (32, 16)
    answered(limits, 32, repetitions=16)
    assert limits.varbinds == 64
    limits.failed(64, 32)
    answered(limits, 32, repetitions=16)
    assert (limits.varbinds, limits.repetitions) == (32, 16)


def test_silence_is_forgiven_when_the_size_is_answered_later():
    """If a size is answered after all, silence before was a lost packet."""
    limits = Limits(40)
    for _ in range(3):
        limits.failed(64, 32)
        answered(limits, 64, repetitions=32)
    assert limits.varbinds >= 64


def test_a_path_that_loses_packets_is_to_blame_itself():
    """Where many requests need several tries, silence does not keep sizes down."""
    limits = Limits(40)
    for _ in range(10):
        answered(limits, limits.varbinds, retried=True)
    for _ in range(2):
        limits.failed(64, 32)
    answered(limits, 32, repetitions=16)
    assert limits.varbinds == 64


def test_silence_to_the_smallest_request_says_nothing_about_sizes():
    """Nothing is smaller than the smallest request."""
    limits = Limits(40)
    limits.failed(SMALLEST, 1)
    assert (limits.varbinds, limits.repetitions) == (64, 40)


def test_limits_never_reach_zero():
    """One varbind and one repetition can always be asked for."""
    limits = Limits(40)
    limits.too_big(1, 0)
    limits.too_big(1, 1)
    limits.too_big(3, 3)
    assert (limits.varbinds, limits.repetitions) == (1, 1)


def test_a_dead_agent_starts_small_again():
    """After death nothing counts as proven, and sizes start as they did at first."""
    limits = Limits(40)
    for _ in range(5):
        answered(limits, limits.varbinds)
    limits.dead()
    assert not limits.expects_answer(SMALLEST + 1, 1)
    assert limits.varbinds == 64
