"""The closed loop of `bench dlm`: a site of 48 outlets, what happens there, and how it is judged."""
