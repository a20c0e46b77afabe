"""KPIs, and the pages that show them."""
