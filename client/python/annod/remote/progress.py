"""How far a build has come, for people."""

import sys

from annod.results import BuildProgress


def print_progress(progress: BuildProgress) -> None:
    """Prints one line to standard error."""
    print(
        f"build {100 * progress.fraction_done:3.0f} %,"
        f" {progress.trees_done_count} trees,"
        f" {progress.seconds_elapsed:.1f} s",
        file=sys.stderr,
    )
