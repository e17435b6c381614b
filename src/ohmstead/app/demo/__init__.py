"""The demo: a whole site in one terminal, made and watched through the public API, with simulated cars."""
