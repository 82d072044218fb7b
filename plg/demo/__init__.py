"""`plg demo`: everything on one machine with no network, with a sample product and a simulated history."""
