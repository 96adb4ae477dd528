"""What is measured: each metric with its unit, its meaning and its cure, and where they are counted."""
