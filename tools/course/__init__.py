"""The command line: checks, data, running the lessons, building the book."""
