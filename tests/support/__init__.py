"""What the tests share: the engine behind a few short names, strategies, and where the data lies."""
