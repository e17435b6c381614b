"""Parts of `bench notices`."""
