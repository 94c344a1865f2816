"""The Jetson under the program: which board it is, what it draws, how warm and how fast it is."""
