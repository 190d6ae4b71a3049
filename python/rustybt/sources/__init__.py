"""Sources beside the bars of a bundle: returns of a benchmark, columns of a CSV file."""
