"""People: the users who charge."""
