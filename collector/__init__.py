"""From the wire to the model: polling, listening, decoding, and what it all means."""

__version__ = "0.1.0"
