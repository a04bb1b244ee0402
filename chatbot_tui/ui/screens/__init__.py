"""Full-screen activities."""
