"""The built book, opened as a reader opens it."""
