//! Benchmarks and metrics.
