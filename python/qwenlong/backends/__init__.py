"""The outside world: the only files that import heavy packages."""
