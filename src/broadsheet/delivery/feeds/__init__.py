"""Atom, RSS 2.0 and JSON Feed for every listing."""
