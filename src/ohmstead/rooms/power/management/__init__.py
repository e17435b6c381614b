"""Load management at work: one site for each circuit tree, the engine's decisions sent to the charge points."""
