"""From the model to the world: exposition and HTTP."""
