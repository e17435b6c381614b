"""What benchmarks print is judged rightly."""
