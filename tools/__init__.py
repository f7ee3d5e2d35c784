"""Programs for those who work on Broadsheet; not part of the package."""
