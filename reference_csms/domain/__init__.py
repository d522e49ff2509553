"""What the Central System decides, without sockets, files or frames."""
