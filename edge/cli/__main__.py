"""`python -m edge.cli`."""

from edge.cli.main import main

if __name__ == "__main__":
    main()
