"""Who knows the weather. Each service's own words are read in a file of its own, without I/O."""
