"""Plans: what there is to buy, what each plan gives, and which plan an account is on.

Owns the catalogue's versions and the assignments. Records `Plan Changed`. Hears nothing."""
