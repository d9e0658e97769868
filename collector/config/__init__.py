"""YAML → typed, frozen configuration; every problem at once, with file, line and path, and never a secret's value."""

from collector.config.addresses import ListenAddress
from collector.config.loader import load, parse
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
    "PollingConfig",
    "PrivConfig",
    "PrivProtocol",
    "Problem",
    "RetentionConfig",
    "Secret",
    "SnmpConfig",
    "StateConfig",
    "TargetConfig",
    "TunnelConfig",
    "UsmConfig",
    "load",
    "parse",
]
