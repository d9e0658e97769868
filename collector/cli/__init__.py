"""The command `tunnelwatch`: one file per group of subcommands."""

from collector.cli.parser import build_parser, main

__all__ = ["build_parser", "main"]
