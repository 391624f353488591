"""`python -m taplens`: the command line."""

from taplens.cli import main

if __name__ == "__main__":
    main()
