"""Per-MIB knowledge as data: one YAML file per MIB module, read by `collector.tables`."""
