"""The claim ledger as a person sees it: what articles say, what is true today, and what this machine says to it."""
