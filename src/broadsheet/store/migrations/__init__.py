"""The history of the tables, a file for each step; run in process when a store opens."""
