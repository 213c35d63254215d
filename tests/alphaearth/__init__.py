"""The reader of AlphaEarth's files."""
