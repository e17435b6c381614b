"""Notices: who wants to be told of what, and the telling, by webhook and by Kafka."""
