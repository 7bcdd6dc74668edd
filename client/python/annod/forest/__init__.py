"""The estimator, in parts."""
