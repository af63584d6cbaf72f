"""Views of what goes on: a network that learns, a field that moves, a file that grows."""
