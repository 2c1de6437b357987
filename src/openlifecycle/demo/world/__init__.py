"""The synthetic world: invented people in an invented system, with a truth to score against.

Nobody in it exists. Real record releases are needed by nobody who builds or tests this project:
the world has their layouts, their mess at known rates, and what theirs never have, the truth of
who was where when.
"""

from openlifecycle.demo.world.build import World, make_world
from openlifecycle.demo.world.rates import Rates
from openlifecycle.demo.world.write import write_world

__all__ = ["Rates", "World", "make_world", "write_world"]
