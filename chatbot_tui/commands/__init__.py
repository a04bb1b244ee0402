"""What each command of the command line does; one a file, each importing only its own world."""
