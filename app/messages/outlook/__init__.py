"""What will be sent, seen without sending it: forecasts, amendments, calling off."""
