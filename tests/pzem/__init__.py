"""The bridge to PZEM meters, dimmers and switched loads."""
