"""YAML → typed, frozen configuration; every problem at once, with file, line and path, and never a secret's value."""

from collector.config.addresses import ListenAddress
from collector.config.files import NamedFile
from collector.config.loader import load, parse
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
from collector.config.problems import InvalidConfigError, Problem
from collector.config.secret import Secret
from collector.config.settings import (
    Config,
    HttpConfig,
    LogConfig,
    ModuleConfig,
    PollingConfig,
    TargetConfig,
)
from collector.config.snmp import (
    AuthConfig,
    AuthProtocol,
    CommunityConfig,
    ContextConfig,
    DiscoveryConfig,
    PrivConfig,
    PrivProtocol,
    SnmpConfig,
    UsmConfig,
)
from collector.config.state import RetentionConfig, StateConfig
from collector.config.trap_senders import trap_communities, trap_users
from collector.config.tunnels import LearningConfig, MatchConfig, TunnelConfig

__all__ = [
    "AuthConfig",
    "AuthProtocol",
    "CommunityConfig",
    "Config",
    "ContextConfig",
    "DiscoveryConfig",
    "HttpConfig",
    "InvalidConfigError",
    "LearningConfig",
    "ListenAddress",
    "LogConfig",
    "MatchConfig",
    "ModuleConfig",
    "NamedFile",
    "NotificationsConfig",
    "PollingConfig",
    "PrivConfig",
    "PrivProtocol",
    "Problem",
    "RetentionConfig",
    "Secret",
    "SnmpConfig",
    "StateConfig",
    "SyslogConfig",
    "SyslogListenerConfig",
    "TargetConfig",
    "TargetNotificationsConfig",
    "TrapCommunityConfig",
    "TrapListenerConfig",
    "TrapUserConfig",
    "TrapsConfig",
    "TunnelConfig",
    "UsmConfig",
    "load",
    "parse",
    "trap_communities",
    "trap_users",
]
