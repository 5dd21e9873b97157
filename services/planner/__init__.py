"""What the day should look like: what runs when, what stored energy is worth, what the past could have cost."""
