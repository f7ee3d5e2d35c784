"""Sources that are asked over the network: one file each, listed in `registry`."""
