"""Retention: what may be asked (`definition`), and who of each cohort returned in which period (`cohorts`)."""
