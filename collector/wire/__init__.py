"""Bytes and text to records and back: syntax only, pure, sans-IO."""
