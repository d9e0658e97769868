"""A model of a device that makes and ends tunnels, and of a daemon that watches it; the truth is written down."""
