"""Everything a person talks to: interview, advice, starter projects, pages and command line."""
