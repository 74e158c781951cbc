"""The program of a checkout: `python main.py --help`."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
