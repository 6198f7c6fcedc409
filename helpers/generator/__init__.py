"""The data generator: templates, producers with rates, a sender that accounts for every record, scenarios."""
