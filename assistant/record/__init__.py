"""The decision record: a recommendation as a file that a team can commit, in Markdown or HTML."""
