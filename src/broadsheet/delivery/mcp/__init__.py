"""Tools for agents by the Model Context Protocol, over stdio and streamable HTTP."""
