"""The ledger: tunnels, sessions, failures and gaps on record, in SQLite or PostgreSQL."""
