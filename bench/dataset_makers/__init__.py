"""What bench/datasets makes data sets from: one module a source."""
