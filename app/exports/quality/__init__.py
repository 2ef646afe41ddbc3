"""What a data manager looks for in a night: odd answers, odd forms, late and missing visits, odd hours (pure)."""
