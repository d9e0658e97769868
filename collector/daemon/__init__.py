"""The composition root: the only room that knows both how targets are read and how the world is told."""
