"""How good forecasts and recommendations are: workloads measured in full, and the advice held against them."""
