"""Speed and quality measured on real data; never part of the tests."""
