"""What a household starts: the compose file, the image, the guide."""
