"""``python -m openlifecycle`` is ``olc``."""

from openlifecycle.cli.main import main

if __name__ == "__main__":
    main()
