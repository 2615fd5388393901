"""Training: data sets, schedules, checkpoints, export. The only part of Mien that needs torch."""
