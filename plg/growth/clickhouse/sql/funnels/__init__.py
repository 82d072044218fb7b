"""The best chain of each actor through a funnel's steps, as an array with its time at each step, 0 where it was not.

Made out of each actor's `lines` by the engine that can answer it, as in `plg.growth.reports.funnels`. No event is
asked for what another array holds at its place, so the work grows as the lines do."""
