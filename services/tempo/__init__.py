"""What energy costs: flat, HP/HC, Tempo and day-ahead contracts as one timeline, from meters and the web."""
