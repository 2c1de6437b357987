"""What is true of every table: the observation schema and its dimensions, told once."""
