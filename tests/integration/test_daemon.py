"""The daemon between a real SNMP agent and a real scraper: what is shown when the agent goes and comes back."""

import asyncio
import json

import pytest

from collector.config.loader import parse
from collector.daemon import Daemon
from collector.demo import Lab
from collector.errors import SourceError
from collector.tables import load
from tests.agents.daemons import running, until

pytestmark = pytest.mark.integration


@pytest.fixture
def configured(tmp_path):
    """Return a function that writes the configuration of a lab's hub."""

    def configure(lab, **choices):
        text = lab.configuration(listen="127.0.0.1:0", state=tmp_path, interval=1.0, **choices)
        return parse(text.replace("timeout: 1s", "timeout: 200ms\n  retries: 1"), environment=lab.environment)

    return configure


async def test_a_target_that_is_silent_is_unknown_and_not_down(configured, log):
    """No poll succeeds, not even of MIBs that the target lacks; its tunnels have no sample; then it is back."""
    async with Lab() as lab:
        config, port = configured(lab), lab.port
        async with running(config) as scrape:

            async def all_polls(success, count=31):
                polls = await scrape("tunnelwatch_poll_success")
                return len(polls) == count and set(polls.values()) == {success}

            await until(lambda: all_polls(1.0), "first polls")
            assert await scrape("ipsec_tunnel_up")
            await lab.__aexit__(None, None, None)
            often = [
                poll for poll in await scrape("tunnelwatch_poll_success") if poll[-1] in {"ipsec", "ike", "enhanced"}
            ]

            async def often_failed():
                polls = await scrape("tunnelwatch_poll_success")
                return {polls[poll] for poll in often} == {0.0}

            await until(often_failed, "failed polls")
            assert await scrape("ipsec_tunnel_up") == {}
            assert await scrape("ipsec_ike_up") == {}
            async with Lab(port=port):
                await until(lambda: scrape("ipsec_tunnel_up"), "tunnels that are back")
    said = [(line["event"], line.get("vrf"), line.get("module")) for line in log()]
    assert said.count(("poll_failed", "vrf1", "ipsec")) == 1
    assert said.count(("poll_recovered", "vrf1", "ipsec")) == 1
    failed = next(line for line in log() if line["event"] == "poll_failed")
    assert "hub1" in failed["error"]
    assert "Traceback" not in json.dumps(log())


async def test_contexts_are_discovered(configured):
    """With SNMPv3 and `contexts: discover` the VRFs come from the device."""
    async with Lab() as lab, running(configured(lab, version_3=True)) as scrape:

        async def seen():
            up = await scrape("ipsec_tunnel_up")
            return {labels[1] for labels in up if labels[0] == "hub1-v3"} == {"vrf1", "vrf2"}

        await until(seen, "tunnels of discovered VRFs")


async def test_discovery_of_a_silent_target_is_tried_again(configured, log):
    """A target that is not there at start is said once, and its contexts are found when it comes."""
    async with Lab() as lab:
        config, port = configured(lab, version_3=True), lab.port
        await lab.__aexit__(None, None, None)
        async with running(config) as scrape:

            async def failed():
                return any(line["event"] == "discovery_failed" for line in log())

            await until(failed, "a discovery that failed")
            async with Lab(port=port):

                async def seen():
                    return any(labels[0] == "hub1-v3" for labels in await scrape("ipsec_tunnel_up"))

                await until(seen, "tunnels of discovered VRFs")
    assert sum(line["event"] == "discovery_failed" for line in log()) == 1


async def test_steady_polls_ask_for_less(configured):
    """Once static columns are known, a poll reads a fraction of the varbinds, and the tunnels are shown as before."""
    async with Lab() as lab, running(configured(lab)) as scrape:
        key = ("hub1", "vrf2", "snmp", "ipsec")

        async def polled(times):
            return (await scrape("tunnelwatch_polls_total")).get(key, 0) >= times

        await until(lambda: polled(1), "the first poll")
        first = (await scrape("tunnelwatch_poll_varbinds_total"))[key] / (await scrape("tunnelwatch_polls_total"))[key]
        costs = {}
        while not await polled(7):
            varbinds, polls = await scrape("tunnelwatch_poll_varbinds_total"), await scrape("tunnelwatch_polls_total")
            costs[polls[key]] = varbinds[key]
            await asyncio.sleep(0.05)
        # Tunnels come and rekey meanwhile, and what is new is read whole: the cheapest poll is one without news.
        assert min(costs[poll] - costs[poll - 1] for poll in costs if poll - 1 in costs) < first * 0.6
        # cipSecTunEncapMode is static: no steady poll reads it again, and each tunnel still tells it.
        described = await scrape("ipsec_tunnel_info")
        assert described
        assert all("tunnel" in labels[4:] for labels in described)


async def test_an_address_that_cannot_be_had_is_named(tmp_path):
    """A daemon that cannot listen ends with an error that names the address."""
    async with Lab() as lab:
        text = lab.configuration(listen="192.0.2.1:9171", state=tmp_path)
        config = parse(text, environment=lab.environment)
        with pytest.raises(SourceError, match=r"listening on 192\.0\.2\.1:9171: "):
            await Daemon(config, load()).run(asyncio.Event())


async def test_what_is_over_a_targets_limit_is_said_once(tmp_path, log):
    """Tunnels beyond `max_tunnels` have no series; how many they are is a metric, and one line in the log."""
    async with Lab() as lab:
        text = lab.configuration(listen="127.0.0.1:0", state=tmp_path, interval=1.0).replace(
            "polling:", "polling:\n  max_tunnels: 1"
        )
        async with running(parse(text, environment=lab.environment)) as scrape:

            async def hidden():
                over = await scrape("tunnelwatch_over_limit_rows")
                said = any(line["event"] == "rows_over_limit" for line in log())
                return said and over.get(("hub1", "vrf1", "tunnel"), 0) > 0

            await until(hidden, "a line about hidden rows")
            assert len(await scrape("ipsec_tunnel_up")) <= 1
    said = [(line["vrf"], line["kind"]) for line in log() if line["event"] == "rows_over_limit"]
    assert len(said) == len(set(said))
