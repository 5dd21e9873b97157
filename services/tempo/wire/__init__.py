"""What each source says, as words about days; one file per source. Nothing here opens a connection."""
