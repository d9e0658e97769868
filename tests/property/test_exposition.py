"""Whatever a device says: prometheus_client's parsers read what we write, and agree with the model on every sample."""

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from collector.model import CryptoMap, NotificationSwitch, Origin, Snapshot, System
from collector.store import Store
from exporters.labels import MAX_LABEL_VALUE
from exporters.prometheus import MAX_EXACT, Format, exposition
from exporters.views import Views

PARSERS = {Format.TEXT: parse_text, Format.OPENMETRICS: parse_openmetrics}
TEXTS = st.text(max_size=20) | st.text('\\"\n{},=# ', max_size=6) | st.text("x", min_size=250, max_size=260)
COUNTS = st.none() | st.integers(0, (1 << 64) - 1)
LEVELS = st.none() | st.floats() | st.integers(0, (1 << 64) - 1)


def samples(entities, target, exposition_format):
    store = Store()
    origin = Origin(target=target, source="snmp", module="policy")
    store.publish(Snapshot(origin=origin, taken_at=0, duration_seconds=1, entities=entities))
    views = Views(store)
    for _ in views.refresh():
        pass
    text = b"".join(exposition(views.current, b"", exposition_format)).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in PARSERS[exposition_format](text)
        for sample in family.samples
    }


def labels(**values):
    return tuple(sorted((name, value) for name, value in values.items() if value))


def cut(text):
    return text if len(text) <= MAX_LABEL_VALUE else text[: MAX_LABEL_VALUE - 1] + "…"


SYSTEMS = st.builds(System, name=TEXTS, description=TEXTS, engine_boots=COUNTS, uptime_seconds=LEVELS)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(Format), TEXTS.filter(bool), SYSTEMS)
def test_samples_are_read_as_they_are_in_the_model(exposition_format, target, system):
    """Labels of any characters, counters of any size, floats to the last digit; what is no number is no sample."""
    found = samples((system,), target, exposition_format)
    context = {"target": cut(target), "vrf": "global"}
    info = labels(**context, name=cut(system.name), description=cut(system.description))
    assert found["ipsec_gateway_info", info] == 1
    boots, uptime = system.engine_boots, system.uptime_seconds
    counter = found.get(("ipsec_gateway_engine_boots_total", labels(**context)))
    assert counter == (None if boots is None else boots % MAX_EXACT)
    gauge = found.get(("ipsec_gateway_uptime_seconds", labels(**context)))
    finite = uptime is not None and abs(uptime) < float("inf")
    # The parser keeps whole numbers as they are written; a scraper keeps floats.
    assert (None if gauge is None else float(gauge)) == (float(uptime) if finite else None)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(Format), st.lists(st.tuples(TEXTS, st.none() | st.integers(0, 3), TEXTS), max_size=8))
def test_no_two_samples_have_the_same_labels(exposition_format, maps):
    """A device may list a key twice, or keys that differ only beyond what fits in a label."""
    entities = [
        *(CryptoMap(set_name=name, priority=priority, peer=peer, peers=1) for name, priority, peer in maps),
        *(NotificationSwitch(notification=name, enabled=True) for name, _, _ in maps),
    ]
    found = samples(tuple(entities), "hub1", exposition_format)
    switches = {cut(name) for name, _, _ in maps}
    crypto_maps = {(cut(name), priority) for name, priority, _ in maps}
    assert sum(1 for name, _ in found if name == "ipsec_gateway_notification_enabled") == len(switches)
    assert sum(1 for name, _ in found if name == "ipsec_gateway_crypto_map_peers") == len(crypto_maps)
