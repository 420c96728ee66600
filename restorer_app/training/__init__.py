"""Makes the models: photographs, the damage done to them, the loop that learns to undo it."""
