"""Amazon QuickSight: data sources and data sets, as far as the workshop makes them."""
