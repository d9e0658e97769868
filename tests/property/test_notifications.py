"""No notification whatever can be more than shown: it never raises, and what is shown is bounded and printable."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.interpret.hints import hint
from collector.interpret.notification import MAX_CHARACTERS, MAX_VARBINDS, NotificationReader
from collector.tables import load
from collector.wire.ber import encode_arcs

TABLES = load()
READER = NotificationReader(TABLES)
ARC = st.integers(0, 2**32 - 1)
INSTANCE = st.one_of(
    st.lists(ARC, max_size=30).map(encode_arcs), st.lists(st.integers(0, 20), max_size=24).map(encode_arcs)
)
KNOWN_OID = st.tuples(st.sampled_from(sorted(TABLES.notified)), st.one_of(INSTANCE, st.binary(max_size=12))).map(
    b"".join
)
TAG = st.sampled_from([*range(0x02, 0x07), *range(0x40, 0x48), 0x80, 0x81, 0x82, 0x30])
CONTENT = st.one_of(
    st.binary(max_size=40), st.text(max_size=300).map(str.encode), st.binary(min_size=300, max_size=700)
)
VARBIND = st.tuples(st.one_of(KNOWN_OID, st.binary(max_size=40)), TAG, CONTENT)
TRAP_OID = st.one_of(st.sampled_from([each.oid for each in TABLES.notifications.values()]), st.binary(max_size=40))


@st.composite
def likely(draw):
    """A notification with the objects that it should have, in any order, with one instance or several, of any value."""
    known = draw(st.sampled_from(list(TABLES.notifications.values())))
    extra = draw(st.lists(st.sampled_from(list(TABLES.notified.values())), max_size=4))
    instances = st.sampled_from(draw(st.lists(INSTANCE, min_size=1, max_size=2)))
    objects = draw(st.permutations([*known.objects, *extra]))
    return known.oid, [(each.oid + draw(instances), draw(TAG), draw(CONTENT)) for each in objects]


def checked(trap_oid, varbinds):
    errors = Counter()
    found = READER.read(trap_oid, varbinds, errors, source="trap", received_at=0.0, sender="192.0.2.1")
    shown = [found.name, found.reason or "", found.index or "", *(text for pair in found.values for text in pair)]
    assert all(text.isprintable() for text in shown)
    assert all(len(text) <= MAX_CHARACTERS for pair in found.values for text in pair)
    assert len(found.values) <= MAX_VARBINDS
    assert len(found.reason or "") <= MAX_CHARACTERS
    looked = hint(found)
    assert looked is None or looked.module is None or looked.module in TABLES.modules
    assert (found.index is None) or found.table in TABLES.tables
    return found


@settings(deadline=None)
@given(trap_oid=TRAP_OID, varbinds=st.lists(VARBIND, max_size=80))
def test_any_varbinds(trap_oid, varbinds):
    """Varbinds of anything never raise."""
    checked(trap_oid, varbinds)


@settings(deadline=None)
@given(likely())
def test_likely_varbinds(notification):
    """Varbinds that belong there, with values and instances that may not, never raise and keep the name."""
    trap_oid, varbinds = notification
    names = {each.oid: each.name for each in TABLES.notifications.values()}
    assert checked(trap_oid, varbinds).name == names[trap_oid]


@given(row=st.integers(1, 2**31 - 1), history=st.integers(1, 2**31 - 1), order=st.permutations(range(4)))
def test_the_row_is_found_in_any_order(row, history, order):
    """Whatever a stop carries besides, its row is that of the live table."""
    oids = {each.name: each.oid for each in TABLES.notified.values()}
    carried = [
        (oids["cipSecTunActiveTime"] + encode_arcs([row]), 0x02, b"\1"),
        (oids["cipSecTunHistTermReason"] + encode_arcs([history]), 0x02, b"\2"),
        (oids["cipSecEndPtHistLocalAddr1"] + encode_arcs([history]), 0x04, b"\x0a\0\0\0"),
        (oids["cipSecEndPtHistRemoteAddr1"] + encode_arcs([history]), 0x04, b"\x0a\0\1\0"),
    ]
    stop = TABLES.notifications["cipSecTunnelStop"].oid
    assert checked(stop, [carried[place] for place in order]).index == str(row)
