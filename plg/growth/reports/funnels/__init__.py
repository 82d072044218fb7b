"""Funnels: what may be asked (`definition`), and the best path of each actor through the steps (`paths`)."""
