"""What both faces share of HTTP: how requests are read before the application sees them. It may use bot/."""
