import json
import runpy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from collector.ledger import Ledger
from collector.ledger.query_answers import Questions
from collector.ledger.query_fields import FIELDS
from collector.ledger.query_parameters import PARAMETERS, asked
from collector.model import COUNTED, Changes, ChildSa, ContextRecord, Failure, Gap, IkeSa, KnownTunnel, Session, Usage
from collector.store import Store
from exporters import openapi
from exporters.api import targets_json, tunnels_json
from exporters.http import create_app
from exporters.own import OwnMetrics
from exporters.views import Views
from tests.agents import ledger_steps as give

AT = 1_700_000_000.0
NAMES = {"target": "hub1", "vrf": "red"}
TUNNEL = {"level": "child", "tunnel": "branch", "peer": "192.0.2.1"}


def validator(name):
    schemas = openapi.document()["components"]["schemas"]
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


@pytest.fixture
def answers(tmp_path):
    """Answers to all questions: with records that tell all, and records that tell as little as may be."""
    ledger = Ledger.open(tmp_path / "ledger")
    ended = {"ended_at": AT + 90, "gone_at": AT + 90, "reason": "peerLost", "closed_by": "history"}
    full = {
        "local_address": "192.0.2.9",
        "remote_address": "192.0.2.1",
        "local_identity": "a",
        "remote_identity": "b",
        "selectors": ("x-y",),
        "algorithms": (("encryption", "esp3des"),),
        "counts": tuple(range(len(COUNTED["child"]))),
    }
    told = {**NAMES, **TUNNEL, "source": "snmp", "module": "ipsec", "index": "1", "seen_at": AT + 60}
    failed = {**NAMES, "level": "child", "module": "ipsec", "index": "1", "seen_at": AT}
    named = {"tunnel": "branch", "peer": "192.0.2.1", "spi": 7, "at": AT, "reason": "peerLost"}
    usage = {"tunnel": "branch", "peer": "192.0.2.1", "begins_at": AT, "seconds": 60.0}
    gap = {**NAMES, "kind": "unanswered", "module": "ipsec", "begins_at": AT}
    changes = Changes(
        **NAMES,
        at=AT,
        record=ContextRecord(**NAMES, watched_since=AT, answered=(("ipsec", AT + 3600),)),
        tunnels=(KnownTunnel(**NAMES, level="child", name="branch", peer="192.0.2.1", known_since=AT),),
        sessions=(Session(**told, number=1), Session(**told, **full, **ended, number=2, started_at=AT)),
        failures=(Failure(**failed, number=3), Failure(**failed, **named, number=4)),
        gaps=(Gap(**gap, number=5), Gap(**gap, number=6, ends_at=AT + 1, lost=3)),
        usages=(Usage(**NAMES, **usage, receive_bytes=5, transmit_bytes=6),),
    )
    ledger.write([changes])
    ledger.write_events([give.event(1), give.full_event(2, source="poll")])
    yield lambda what, **texts: Questions(ledger)(what, asked(what, texts, AT + 3600), 60)
    ledger.close()


def test_the_document_is_good():
    """As OpenAPI 3.1 has it."""
    validate(openapi.document())


def test_the_document_is_not_stale():
    """`python -m exporters.openapi` writes it."""
    committed = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
    assert committed.read_text(encoding="utf-8") == openapi.text()


def test_the_document_is_written_where_it_belongs(tmp_path, monkeypatch):
    """As `python -m exporters.openapi` does it."""
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    runpy.run_path(openapi.__file__, run_name="__main__")
    assert (tmp_path / "docs" / "openapi.json").read_text(encoding="utf-8") == openapi.text()


def test_every_route_of_the_api_is_described():
    """And nothing else."""
    store = Store()
    app = create_app(store, Views(store), OwnMetrics(version="1"))
    routes = {route.resource.canonical for route in app.router.routes()}
    assert {route for route in routes if route.startswith("/api/")} == set(openapi.document()["paths"])


@pytest.mark.parametrize("what", list(PARAMETERS))
def test_every_parameter_is_described(what):
    """In the order in which it is declared; the format last."""
    described = openapi.document()["paths"][f"/api/v1/{what}"]["get"]["parameters"]
    assert [one["name"] for one in described] == [one.name for one in PARAMETERS[what]] + ["format"]


@pytest.mark.parametrize(
    ("what", "name", "texts"),
    [
        ("sessions", "SessionPage", {"limit": "1"}),
        ("sessions", "SessionPage", {}),
        ("failures", "FailurePage", {}),
        ("gaps", "GapPage", {}),
        ("events", "EventPage", {}),
        ("events", "EventPage", {"limit": "1", "after": "0"}),
        ("report", "ReportRowPage", {}),
        ("report", "ReportRowPage", {"by": "hub"}),
        ("report", "ReportRowPage", {"by": "vrf", "level": "ike"}),
    ],
)
def test_real_answers_are_as_described(answers, what, name, texts):
    """Every object, with every key and no other."""
    answer = json.loads(json.dumps(answers(what, **texts)))
    validator(name).validate(answer)
    row = openapi.document()["components"]["schemas"][name.removesuffix("Page")]
    assert all(set(one) == set(row["properties"]) == {field.name for field in FIELDS[what]} for one in answer[what])
    assert answer[what] or texts.get("level") == "ike"


def test_what_is_seen_now_is_as_described(viewed, snapshot, everything):
    """Every tunnel and target, with every key and no other; facts that are not known too."""
    bare = [
        ChildSa(index="1", local_address="192.0.2.2", remote_address="192.0.2.1"),
        IkeSa(index="1", local_address="192.0.2.2", remote_address="192.0.2.1"),
    ]
    for entities in (everything, bare):
        told = json.loads("".join(tunnels_json(viewed(snapshot(*entities)))))
        validator("Tunnels").validate(told)
        for level, described in openapi.TUNNELS["properties"].items():
            assert all(set(one) == set(described["items"]["properties"]) for one in told[level])
    store = Store()
    for one in (snapshot(*everything), snapshot(vrf="vrf2", error="timed out")):
        store.publish(one)
    told = json.loads("".join(targets_json(store.contexts())))
    validator("Targets").validate(told)
    assert [context["vrf"] for context in told["targets"][0]["contexts"]] == ["vrf1", "vrf2"]
