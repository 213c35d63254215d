"""The explorer in a real browser, against a real server on the sample."""
