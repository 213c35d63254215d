"""The explorer: click a neighbourhood, see its look-alikes across the world."""
