"""Writes docs/config.md and docs/config.schema.json from the configuration's own types.

`python -m collector.config.docs` in the root of the repository; a test fails when the files are stale.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic.fields import FieldInfo

from collector.config.grammar import Grammar
from collector.config.notifications import (
    NotificationsConfig,
    SyslogConfig,
    SyslogListenerConfig,
    TargetNotificationsConfig,
    TrapCommunityConfig,
    TrapListenerConfig,
    TrapsConfig,
    TrapUserConfig,
)
from collector.config.section import Section
from collector.config.settings import Config, HttpConfig, LogConfig, ModuleConfig, PollingConfig, TargetConfig
from collector.config.snmp import (
    AuthConfig,
    CommunityConfig,
    ContextConfig,
    DiscoveryConfig,
    PrivConfig,
    UsmConfig,
)
from collector.config.state import RetentionConfig, StateConfig
from collector.config.tunnels import LearningConfig, MatchConfig, TunnelConfig

CHAPTERS: Final[tuple[tuple[str, type[Section]], ...]] = (
    ("The file", Config),
    ("http", HttpConfig),
    ("log", LogConfig),
    ("polling", PollingConfig),
    ("modules", ModuleConfig),
    ("notifications", NotificationsConfig),
    ("notifications.traps", TrapsConfig),
    ("notifications.traps.listen[]", TrapListenerConfig),
    ("notifications.traps.communities[]", TrapCommunityConfig),
    ("notifications.traps.users[]", TrapUserConfig),
    ("notifications.syslog", SyslogConfig),
    ("notifications.syslog.listen[]", SyslogListenerConfig),
    ("targets[]", TargetConfig),
    ("targets[].snmp, versions 1 and 2c", CommunityConfig),
    ("targets[].snmp, version 3", UsmConfig),
    ("targets[].snmp.auth", AuthConfig),
    ("targets[].snmp.priv", PrivConfig),
    ("targets[].contexts[]", ContextConfig),
    ("targets[].contexts, discovered", DiscoveryConfig),
    ("targets[].notifications", TargetNotificationsConfig),
    ("state", StateConfig),
    ("state.retention", RetentionConfig),
    ("learning", LearningConfig),
    ("tunnels[]", TunnelConfig),
    ("tunnels[].match", MatchConfig),
)

INTRODUCTION: Final = """\
# Configuration

<!-- Made by `python -m collector.config.docs`; edit the docstrings in collector/config instead. -->

One YAML file, read by `tunnelwatch run -c tunnelwatch.yaml` and checked by `tunnelwatch check-config`.
`tunnelwatch.example.yaml` shows every key; `docs/config.schema.json` tells them to editors that know JSON Schema.

**Errors.** All that is wrong is reported at once, one line each, with file, line, column and path:
`tunnelwatch.yaml:12:25: targets[0].snmp: unknown key 'comunity'; did you mean 'community'?`. Unknown keys,
keys given twice and keys without a value are errors. What is allowed but weak (versions 1 and 2c, MD5, DES, secrets in
clear or open to every user) is a warning.

**Secrets** are written as `env:NAME` (an environment variable) or `file:PATH` (a file's content without its last line
break, such as a systemd credential). A secret in clear is refused unless it is written as `plain:TEXT`, and then warned
about. Secrets are read when the configuration is loaded, and never shown in errors, logs or `repr`.

**Values** have the type that their key asks for, whatever YAML would guess: `vrf: no` is the VRF "no". Durations are
`500ms`, `30s`, `5m`, `1h30m` or plain seconds. A relative path starts at the directory of the file.

**Which setting counts.** For each target and module: what the target's `polling` says, else what `modules` says, else
what `polling` says, else the default. Modules that are shipped with an interval of their own (in mibs/modules.yaml:
history, failures and policy, which change seldom and cost much) are polled no more often than that, unless `modules`
gives them another.

**Notifications** belong to the target that sent them: by their source address, or where that is one of `relays`, by
the hostname in the message. Those of others are dropped and counted. Their VRF is the one that they name themselves;
else that of the target's context with their contextName or community; else that of their community in `traps`; else
that of the port where they arrive; else that of the target's default context, or `global`. A target's default community
and the empty contextName name no context: many VRFs of a router send with them.

**Tunnels** are learned when they are first seen, and named after their addresses and traffic selectors. `tunnels` says
more of them: for each tunnel, the first entry that matches counts.

- A `name` without fields makes one tunnel of all that its entry matches, on each level (CHILD SA and IKE SA). Its
  `peer` label is the addresses, else the identities of `match` as they are written, else `any`: it does not change
  with the peer's address. Two entries may have one name only for different peers, targets or VRFs.
- A `name` with fields names each tunnel by itself. Fields are {target}, {vrf}, {peer}, {local}, {remote}, {identity},
  {selectors} and the named groups of the regular expressions in `identity`: `/vpn-(?P<site>[a-z]+)[.]example[.]net/`
  gives {site}. Where `identity` is written, the identity is the `peer` label.
- A regular expression matches the whole identity, of up to 255 characters. So that none takes long, groups may not be
  repeated, and `*`, `+` and `{…}` may be there four times (fewer beside many alternatives); `(?i)` in front ignores
  case.
- A tunnel that is `expected`, has a name without fields, and whose target is named without *, is shown as down from
  the first successful poll, even if it was never seen. Its `vrf` must be written where the target has several contexts.
  Others are expected once they have been seen.
- `on-demand` tunnels are idle, not down, while nothing needs them.

**Repeating yourself.** Anchors, aliases and merge keys work; top-level keys that begin with `x-` are ignored, so that
they can hold what is shared: `x-v3: &v3 {version: 3, …}`, then `snmp: *v3` or `snmp: {<<: *v3, user: other}`.
"""


def markdown() -> str:
    """Make docs/config.md."""
    return INTRODUCTION + "".join(f"\n{chapter}" for chapter in map(_chapter, CHAPTERS))


def _chapter(chapter: tuple[str, type[Section]]) -> str:
    title, section = chapter
    lines = [
        f"## {title}",
        "",
        (section.__doc__ or "").strip(),
        "",
        "| key | value | default | meaning |",
        "|---|---|---|---|",
    ]
    lines += [_row(name, field) for name, field in section.model_fields.items()]
    return "\n".join(lines) + "\n"


def _row(name: str, field: FieldInfo) -> str:
    value = _words(field.annotation, field.metadata)
    cells = (f"`{name}`", value, _default(field), field.description or "")
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _words(kind: Any, metadata: Sequence[object] = ()) -> str:  # noqa: ANN401 - a type, of any form
    """Say what may stand at a place, from the grammar that is annotated there or below."""
    if grammar := _grammar(metadata):
        return grammar.words
    origin, parts = get_origin(kind), [part for part in get_args(kind) if part not in (None, NoneType, ...)]
    if origin is Annotated:
        return _words(parts[0], parts[1:])
    if origin is tuple:
        return f"a list: {_words(parts[0])}"
    if origin is dict:
        return f"{_words(parts[0])}: {_words(parts[1])}"
    if origin is not None:
        return ", or ".join(map(_words, parts))
    return ", ".join(f"[{title}](#{_anchor(title)})" for title, section in CHAPTERS if section is kind)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    kind: Any = field.annotation
    default = field.get_default(call_default_factory=True)
    values = default if isinstance(default, tuple) else (default,)
    grammar = _grammar(field.metadata) or _grammar(part for each in get_args(kind) for part in _annotations(each))
    return ", ".join(f"`{grammar.show(value)}`" for value in values if value not in (None, {})) if grammar else ""


def _annotations(kind: Any) -> Sequence[object]:  # noqa: ANN401 - as above
    return get_args(kind)[1:] if get_origin(kind) is Annotated else ()


def _grammar(metadata: Iterable[object]) -> Grammar | None:
    return next((each for each in metadata if isinstance(each, Grammar)), None)


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-")


def schema() -> str:
    """Make docs/config.schema.json, for editors: it knows the keys and their meaning, and most of the values."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    described["patternProperties"] = {"^x-": {}}
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def main(directory: Path = Path("docs")) -> None:
    """Write both files."""
    (directory / "config.md").write_text(markdown(), encoding="utf-8")
    (directory / "config.schema.json").write_text(schema(), encoding="utf-8")


if __name__ == "__main__":
    main()
