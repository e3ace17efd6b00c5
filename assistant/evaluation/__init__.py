"""How good the forecasts and the picks are: probes replayed on what was measured, and held against the truth."""
