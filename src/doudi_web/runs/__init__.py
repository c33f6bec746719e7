"""Long work that is asked for and looked after while it runs. What the work does is known above."""
