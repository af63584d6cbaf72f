"""Who races in `bench/ensembles.py`: the same training, as its users would write it."""
