"""The command `bicall`: joins the subcommands of the rooms; bad input ends in one line and exit code 2."""
