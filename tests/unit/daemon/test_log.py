import json
import logging

import pytest
import structlog

from collector.daemon import configure_logging


def test_json_is_one_object_a_line(stream):
    """A log collector finds event, level, time and facts under their names."""
    configure_logging("json", "info", stream=stream)
    structlog.stdlib.get_logger().warning("poll_failed", target="hub1", error="timed out")
    said = json.loads(stream.getvalue())
    assert said.pop("timestamp").endswith("Z")
    assert said == {"event": "poll_failed", "level": "warning", "target": "hub1", "error": "timed out"}


def test_console_is_for_people(stream):
    """A line says what, and about what, without colors where there is no terminal."""
    configure_logging("console", "info", stream=stream)
    structlog.stdlib.get_logger().info("watching", targets=2)
    assert "watching" in stream.getvalue()
    assert "targets=2" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_what_is_below_the_level_is_not_said(stream):
    """The level holds for the daemon and for its libraries."""
    configure_logging("json", "warning", stream=stream)
    structlog.stdlib.get_logger().info("watching")
    logging.getLogger("aiohttp.server").info("a connection")
    assert stream.getvalue() == ""


def test_libraries_speak_in_the_same_form(stream):
    """What a library logs is a JSON line like any other, its traceback within."""
    configure_logging("json", "debug", stream=stream)
    try:
        int("odd")
    except ValueError:
        logging.getLogger("somebody").exception("it broke")
    said = json.loads(stream.getvalue())
    assert (said["event"], said["level"]) == ("it broke", "error")
    assert "ValueError: invalid literal" in said["exception"]


def test_chatty_libraries_are_quieter(stream):
    """What apscheduler says of each job is of no use to an operator."""
    configure_logging("json", "debug", stream=stream)
    logging.getLogger("apscheduler.scheduler").info("Added job")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_shows_no_variables(form, stream):
    """What a frame held when it failed may be a key or a community: only its lines are said."""
    configure_logging(form, "info", stream=stream)
    held = "hunter2-secret"
    try:
        int(f"{held:.0}")
    except ValueError:
        structlog.stdlib.get_logger().exception("poll_defect")
    assert "Traceback (most recent call last)" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
