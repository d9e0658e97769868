import threading
import time

import pytest

from collector.cli import forget, main
from collector.ledger import Ledger
from collector.model import Changes, KnownTunnel

AT = 1_700_000_000.0


@pytest.fixture
def place(tmp_path):
    """The path of a ledger with some tunnels."""
    path = tmp_path / "ledger"
    ledger = Ledger.open(path)

    def known(name, vrf="red", state="down", **fields):
        one = KnownTunnel(
            target="hub1", vrf=vrf, name=name, state=state, known_since=AT, **{"level": "child", "peer": "p", **fields}
        )
        ledger.write([Changes(target="hub1", vrf=vrf, at=AT, tunnels=(one,))])

    known("gone")
    known("gone", level="ike")
    known("up", state="up")
    known("twice")
    known("twice", vrf="blue", peer="q")
    ledger.close()
    return path


@pytest.fixture
def answering(place, request):
    """A daemon that answers the first request."""
    ledger, done = Ledger.open(place), threading.Event()
    seen = []
    text = getattr(request, "param", "forgotten: gone")

    def answer():
        while not seen and not done.is_set():
            for asked in ledger.requests():
                seen.append(asked)
                ledger.answer(asked.id, text)
            time.sleep(0.01)

    thread = threading.Thread(target=answer)
    thread.start()
    yield seen
    done.set()
    thread.join()
    ledger.close()


def test_the_daemon_is_asked_to_forget(place, answering, capsys):
    """The tunnel is named whole, whatever was left out; the answer is printed."""
    assert main(["forget", "--ledger", str(place), "--target", "hub1", "gone"]) == 0
    assert capsys.readouterr().out == "forgotten: gone\n"
    (request,) = answering
    assert request.kind == "forget"
    assert request.argument == {"target": "hub1", "vrf": "red", "level": None, "tunnel": "gone", "peer": "p"}


def test_without_a_daemon_it_waits_for_the_next(place, monkeypatch, capsys):
    """The request stays on record."""
    monkeypatch.setattr(forget, "wait_for", lambda look: look())
    assert (
        main(["forget", "--ledger", str(place), "--target", "hub1", "--vrf", "blue", "--level", "child", "twice"]) == 0
    )
    assert capsys.readouterr().out == "no daemon answered: it takes effect when the next one starts\n"
    ledger = Ledger.open(place)
    assert [request.argument["vrf"] for request in ledger.requests()] == ["blue"]
    ledger.close()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none"], "no tunnel 'none' of hub1 is known"),
        (["--vrf", "green", "gone"], "no tunnel 'gone' of hub1 is known in VRF green"),
        (["twice"], "there are 2 tunnels 'twice' of hub1, say which: --vrf blue --peer q; --vrf red --peer p"),
    ],
)
def test_what_cannot_be_forgotten_is_said(place, capsys, arguments, told):
    """And nothing is asked."""
    assert main(["forget", "--ledger", str(place), "--target", "hub1", *arguments]) == 1
    assert told in capsys.readouterr().err
    ledger = Ledger.open(place)
    assert ledger.requests() == []
    ledger.close()


@pytest.mark.parametrize("answering", ["nothing to forget: up is not known there, or lives"], indirect=True)
def test_a_refusal_of_the_daemon_is_a_failure(place, answering, capsys):
    """A tunnel that lives is not forgotten; what the daemon says of it is printed."""
    assert main(["forget", "--ledger", str(place), "--target", "hub1", "up"]) == 1
    assert capsys.readouterr().out == "nothing to forget: up is not known there, or lives\n"
    assert [request.argument["tunnel"] for request in answering] == ["up"]


def test_the_ledger_of_a_configuration_is_found(place, tmp_path, monkeypatch, capsys):
    """Or must be named."""
    monkeypatch.setattr(forget, "wait_for", lambda look: look())
    monkeypatch.setattr("collector.cli.asking.ledger_place", lambda _: place)
    path = tmp_path / "tunnelwatch.yaml"
    path.write_text("targets: [{name: h, address: 192.0.2.1, snmp: {version: 2c, community: 'plain:x'}}]")
    assert main(["forget", "-c", str(path), "--target", "hub1", "gone"]) == 0
    assert main(["forget", "--target", "hub1", "gone"]) == 2
    assert "say which ledger" in capsys.readouterr().err


def test_patience_ends():
    """It is looked again and again, for so long."""
    clock = iter(range(10)).__next__
    looks = []
    assert forget.wait_for(lambda: looks.append(1), patience=3, clock=clock, sleep=lambda _: None) is None
    assert len(looks) == 3
