"""The money of sessions: holds, captures, retries, and what stays open."""
