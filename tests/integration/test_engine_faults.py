"""Skeleton: the integration tests of the engine are being written here."""
