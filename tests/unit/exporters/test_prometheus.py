import dataclasses
import re

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from collector.model import ChildSa, IpsecGateway, MonitorSettings
from collector.tunnels import Rule, Rules
from exporters.families import FAMILIES
from exporters.prometheus import CHUNK, MAX_EXACT, ROWS_PER_CHUNK, ROWS_PER_PAUSE, Format, exposition, negotiate

HUB = {"local_address": "10.1.1.2", "remote_address": "10.1.1.1"}

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
"""What Prometheus 3 asks for."""


def written(views, exposition_format=Format.TEXT):
    return b"".join(exposition(views, b"", exposition_format)).decode()


def sample(text, name):
    """The only sample of a name, without its labels."""
    (line,) = re.findall(rf"^{name}\{{.*\}} (\S+)$", text, re.MULTILINE)
    return line


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        ("text/plain", Format.TEXT),
        ("text/html,*/*;q=0.1", Format.TEXT),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", Format.OPENMETRICS),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.75",
            Format.OPENMETRICS,
        ),
        ("application/openmetrics-text;version=2.0.0,text/plain;version=0.0.4;q=0.1", Format.TEXT),
        ("application/openmetrics-text;q=0.3,text/plain;version=0.0.4;q=0.5", Format.TEXT),
        ("application/openmetrics-text;q=nonsense", Format.TEXT),
        ("application/openmetrics-text;q=0", Format.TEXT),
        ("text/plain;version=1.0.0,application/openmetrics-text;q=0.1", Format.OPENMETRICS),
        (PROMETHEUS_3, Format.OPENMETRICS),
        (";;,=;q", Format.TEXT),
    ],
)
def test_the_format_is_what_the_scraper_prefers(accept, chosen):
    """By quality; the text format where nothing is asked that we have."""
    assert negotiate(accept) is chosen


def test_a_family_is_written_once_with_all_its_samples(snapshot, viewed):
    """HELP and TYPE before them, whichever contexts they are from."""
    hubs = [snapshot(ChildSa(index="1", **HUB, receive_packets=number), target=f"hub{number}") for number in (1, 2)]
    text = written(viewed(*hubs))
    assert (
        "# HELP ipsec_tunnel_receive_packets_total Packets received through IPsec "
        "(cipSecTunInPkts, ceipSecTunInPkts; polled).\n"
        "# TYPE ipsec_tunnel_receive_packets_total counter\n"
        'ipsec_tunnel_receive_packets_total{target="hub1",vrf="vrf1",tunnel="10.1.1.2-10.1.1.1",peer="10.1.1.1"} 1\n'
        'ipsec_tunnel_receive_packets_total{target="hub2",vrf="vrf1",tunnel="10.1.1.2-10.1.1.1",peer="10.1.1.1"} 2\n'
    ) in text
    assert text.count("# TYPE ipsec_tunnel_receive_packets_total ") == 1


def test_families_are_in_their_order(viewed, snapshot, everything):
    """The same order at every scrape."""
    names = re.findall(r"^# TYPE (\S+)", written(viewed(snapshot(*everything))), re.MULTILINE)
    assert names == [family.name for family in FAMILIES if family.name in set(names)]
    assert len(names) > 280


def test_a_family_without_samples_is_not_written(viewed, snapshot):
    """What no row tells has no header; what some rows tell has the samples of those."""
    text = written(
        viewed(
            snapshot(
                ChildSa(index="1", **HUB),
                ChildSa(index="2", local_address="10.1.1.2", remote_address="x", receive_bytes=5),
            )
        )
    )
    assert "ipsec_tunnel_transmit_bytes_total" not in text
    assert len(re.findall(r"^ipsec_tunnel_receive_bytes_total", text, re.MULTILINE)) == 1


def test_openmetrics_names_families_without_the_suffixes_of_their_samples(viewed, snapshot):
    """Counters and infos; units where the name ends with one; an end mark."""
    text = written(viewed(snapshot(ChildSa(index="1", **HUB, receive_bytes=5, active_seconds=2.5))), Format.OPENMETRICS)
    labels = '{target="hub1",vrf="vrf1",tunnel="10.1.1.2-10.1.1.1",peer="10.1.1.1"}'
    for name, kind, unit, suffix, value in (
        ("ipsec_tunnel_receive_bytes", "counter", "bytes", "_total", "5"),
        ("ipsec_tunnel_active_seconds", "gauge", "seconds", "", "2.5"),
    ):
        assert f"# TYPE {name} {kind}\n# UNIT {name} {unit}\n{name}{suffix}{labels} {value}\n" in text
    assert '# TYPE ipsec_tunnel info\nipsec_tunnel_info{target="hub1",' in text
    assert text.endswith("\n# EOF\n")


def test_our_own_metrics_follow(viewed, snapshot):
    """Before the end mark."""
    views = viewed(snapshot())
    assert b"".join(exposition(views, b"own 1\n", Format.OPENMETRICS)).endswith(b"own 1\n# EOF\n")
    assert b"".join(exposition(views, b"own 1\n", Format.TEXT)).endswith(b"own 1\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (MAX_EXACT - 1, str(MAX_EXACT - 1)),
        (MAX_EXACT, "0"),
        (MAX_EXACT + 7, "7"),
        ((1 << 64) - 1, str(MAX_EXACT - 1)),
    ],
)
def test_counters_wrap_where_floats_stop_counting(viewed, snapshot, value, text):
    """Counter64 modulo 2^53."""
    assert (
        sample(written(viewed(snapshot(ChildSa(**HUB, receive_bytes=value)))), "ipsec_tunnel_receive_bytes_total")
        == text
    )


def test_gauges_do_not_wrap(viewed, snapshot):
    """A level is what it is, as exactly as it can be read."""
    text = written(viewed(snapshot(ChildSa(**HUB, lifetime_bytes=MAX_EXACT + 2))))
    assert sample(text, "ipsec_tunnel_lifetime_bytes") == str(MAX_EXACT + 2)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (137.43, "137.43"),
        (3600.0, "3600"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e22, "1e+22"),
        (-1.5, "-1.5"),
        (7, "7"),
    ],
)
def test_floats_are_written_exactly(viewed, snapshot, seconds, text):
    """And read back to the same number."""
    told = sample(written(viewed(snapshot(ChildSa(**HUB, active_seconds=seconds)))), "ipsec_tunnel_active_seconds")
    assert (told, float(told)) == (text, seconds)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), float("-inf"), None])
def test_what_is_no_number_has_no_sample(viewed, snapshot, seconds):
    """Absent, not NaN."""
    assert "ipsec_tunnel_active_seconds" not in written(viewed(snapshot(ChildSa(**HUB, active_seconds=seconds))))


def test_booleans_are_one_and_zero(viewed, snapshot):
    """1 is good."""
    text = written(viewed(snapshot(ChildSa(**HUB, ike_alive=False))))
    assert (sample(text, "ipsec_tunnel_ike_alive"), sample(text, "ipsec_tunnel_up")) == ("0", "1")


def test_a_tunnel_that_is_down_reads_0_and_keeps_its_account(viewed, snapshot):
    """What only an SA has is gone with it; where the tunnel went is told apart by a label."""
    labels = 'target="hub1",vrf="vrf1",tunnel="10.1.1.2-10.1.1.1",peer="10.1.1.1"'
    first = snapshot(ChildSa(index="1", **HUB, receive_bytes=5, lifetime_seconds=60.0))
    text = written(viewed(first, snapshot(taken_at=1_700_000_060.0)))
    for line in (
        f"ipsec_tunnel_up{{{labels}}} 0",
        f"ipsec_tunnel_expected{{{labels}}} 0",
        f"ipsec_tunnel_receive_bytes_total{{{labels}}} 5",
        f"ipsec_tunnel_sessions_total{{{labels}}} 1",
        f"ipsec_tunnel_rows{{{labels}}} 0",
        f"ipsec_tunnel_last_transition_timestamp_seconds{{{labels}}} 1700000060",
        f"ipsec_tunnel_last_end_timestamp_seconds{{{labels}}} 1700000060",
        f"ipsec_tunnel_last_end_info{{{labels}}} 1",
        f'ipsec_tunnel_config_info{{{labels},configured="false",expected="no"}} 1',
        f'ipsec_tunnel_transitions_total{{{labels},to="up"}} 0',
        f'ipsec_tunnel_transitions_total{{{labels},to="down"}} 1',
        'ipsec_gateway_sessions_ended_total{target="hub1",vrf="vrf1",level="child"} 1',
        'tunnelwatch_tunnels{target="hub1",vrf="vrf1",level="child",state="down"} 1',
    ):
        assert f"\n{line}\n" in text, line
    for name in ("info", "idle", "lifetime_seconds", "established_timestamp_seconds"):
        assert f"ipsec_tunnel_{name}{{" not in text
    assert 'to="idle"' not in text
    assert text.count("# TYPE ipsec_tunnel_transitions_total ") == 1


def test_a_tunnel_on_demand_is_idle_rather_than_down(viewed, snapshot):
    """It is no reason for an alarm: `up` is 0, and so is what expects it to be up."""
    rules = Rules([Rule(name="backup", expectation="on-demand", targets=("hub1",), peers=("10.1.1.1",))])
    text = written(viewed(snapshot(ChildSa(index="1", **HUB)), snapshot(taken_at=1_700_000_060.0), rules=rules))
    assert [sample(text, f"ipsec_tunnel_{name}") for name in ("up", "idle", "expected")] == ["0", "1", "0"]
    assert 'peer="10.1.1.1",to="idle"} 1\n' in text
    assert 'state="idle"} 1\n' in text


def test_values_are_in_base_units(viewed, snapshot):
    """Bits per second of the model are octets per second of the world."""
    text = written(viewed(snapshot(IpsecGateway(throughput_bits_per_second=100e6))))
    assert sample(text, "ipsec_gateway_throughput_bytes_per_second") == "12500000"


def test_rows_are_written_in_chunks(viewed, snapshot):
    """No chunk has many more samples than one step of work, and small families share one."""
    rows = [
        ChildSa(index=str(n), local_address="10.0.0.1", remote_address=f"10.1.{n >> 8}.{n & 255}", receive_bytes=n)
        for n in range(2_500)
    ]
    chunks = list(exposition(viewed(snapshot(*rows)), b"", Format.TEXT))
    assert max(chunk.count(b"\nipsec_tunnel_receive_bytes_total") for chunk in chunks) <= ROWS_PER_CHUNK
    assert b"".join(chunks).count(b"\nipsec_tunnel_receive_bytes_total") == 2_500
    small = list(exposition(viewed(snapshot(MonitorSettings(mib="a"))), b"", Format.TEXT))
    assert [len(chunk) > 0 for chunk in small] == [True, False]
    assert len(small[0]) < CHUNK


def test_a_scrape_that_is_under_way_is_not_torn_by_polls(snapshot, store):
    """All its samples are of one moment, though the store and the views have moved on."""
    views = store.views()

    def poll(number):
        rows = (
            ChildSa(index=str(n), local_address="10.0.0.1", remote_address=f"10.1.{n >> 8}.{n & 255}")
            for n in range(1_500)
        )
        counted = (dataclasses.replace(row, receive_packets=number, transmit_packets=number) for row in rows)
        store.publish(snapshot(*counted, taken_at=1_700_000_000.0 + number))
        for _ in views.refresh():
            pass

    poll(1)
    pieces = exposition(views.current, b"", Format.TEXT)
    text = next(pieces)
    for number, piece in enumerate(pieces, 2):
        poll(number)
        text += piece
    values = re.findall(rb"^ipsec_tunnel_(?:receive|transmit)_packets_total\{.*\} (\d+)$", text, re.MULTILINE)
    assert (len(values), set(values)) == (3_000, {b"1"})


def test_families_without_samples_make_pauses_too(viewed, snapshot):
    """To find that thousands of rows have nothing to say is work, and others have their turn meanwhile."""
    rows = [
        ChildSa(index=str(n), local_address="10.0.0.1", remote_address=f"10.1.{n >> 8}.{n & 255}") for n in range(5_000)
    ]
    absent = [family for family in FAMILIES if family.subject.name == "tunnel" and family.path.startswith("sa.")]
    pieces = list(exposition(viewed(snapshot(*rows)), b"", Format.TEXT))
    assert pieces.count(b"") >= len(absent) * len(rows) / ROWS_PER_PAUSE / 2


@pytest.mark.parametrize(
    ("exposition_format", "parse"), [(Format.TEXT, parse_text), (Format.OPENMETRICS, parse_openmetrics)]
)
def test_prometheus_client_reads_everything(viewed, snapshot, everything, exposition_format, parse):
    """Both of its parsers, on every family at once: names, types, help, labels and no two equal samples."""
    text = written(viewed(snapshot(*everything)), exposition_format)
    families = list(parse(text))
    samples = [(one.name, tuple(sorted(one.labels.items()))) for family in families for one in family.samples]
    assert len(samples) == len(set(samples)) == len(re.findall(r"^[a-z]", text, re.MULTILINE))
    helps = {family.name.removesuffix("_total").removesuffix("_info"): family.help for family in FAMILIES}
    for family in families:
        assert family.documentation == helps[family.name.removesuffix("_info")]
        assert family.type in {"counter", "gauge", "info"}
