"""What README claims about speed is measured here, beside named peers in the same run."""
