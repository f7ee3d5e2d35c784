"""The pages a person reads in a browser; they work without JavaScript."""
