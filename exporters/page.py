"""The page at `/`: what is watched, how the latest polls went, where the rest is. Plain HTML, nothing from outside."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from html import escape

from collector.store import ContextKey, PollRecord

MAX_ROWS = 2_000
"""Polls that the page lists; the API lists all."""
ROWS_PER_PIECE = 100

STYLE = "body{font:1rem/1.5 sans-serif;margin:2rem}td,th{padding:0 1rem 0 0;text-align:left}"
STYLE_HASH = f"sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}"
"""What a Content-Security-Policy must allow for the page."""

_LINKS = (
    ("/metrics", "metrics, for Prometheus"),
    ("/api/v1/tunnels", "tunnels, as JSON"),
    ("/api/v1/targets", "targets and their latest polls, as JSON"),
    ("/-/healthy", "whether the daemon lives"),
    ("/-/ready", "whether everything was polled once"),
)
_HEAD = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>tunnelwatch</title>'
    f"<style>{STYLE}</style></head>\n<body><h1>tunnelwatch</h1>\n<ul>\n"
    + "".join(f'<li><a href="{path}">{path}</a> {text}</li>\n' for path, text in _LINKS)
    + "</ul>\n<table><caption>Latest polls</caption>\n<thead><tr>"
    + "".join(f'<th scope="col">{title}</th>' for title in ("Target", "VRF", "Module", "Poll", "Began", "Took"))
    + "</tr></thead><tbody>\n"
)


def page_html(contexts: dict[ContextKey, tuple[PollRecord, ...]]) -> Iterator[str]:
    """Write the page, in pieces that take a millisecond or so."""
    polls = [(key, record) for key in sorted(contexts) for record in contexts[key]]
    yield _HEAD
    for start in range(0, min(len(polls), MAX_ROWS), ROWS_PER_PIECE):
        yield "".join(_row(key, record) for key, record in polls[start : min(start + ROWS_PER_PIECE, MAX_ROWS)])
    yield "</tbody></table>\n"
    if len(polls) > MAX_ROWS:
        yield f"<p>{len(polls) - MAX_ROWS} more are in <a href='/api/v1/targets'>/api/v1/targets</a>.</p>\n"
    if not polls:
        yield "<p>Nothing has been polled yet.</p>\n"
    yield "</body></html>\n"


def _row(key: ContextKey, record: PollRecord) -> str:
    snapshot = record.snapshot
    outcome = "succeeded" if snapshot.error is None else f"failed: {snapshot.error}"
    began = datetime.fromtimestamp(snapshot.taken_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    took = f"{snapshot.duration_seconds:.3f} s"
    cells = (key.target, key.vrf, snapshot.origin.module, outcome, began, took)
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n"
