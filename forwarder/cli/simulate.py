"""`claude-siem simulate`: the simulator of Anthropic's API on its own, for dry runs."""

from typing import Annotated

import typer

from forwarder.cli import terminal
from forwarder.cli.termination import stop_on_signals
from forwarder.simulator import COMPLIANCE_KEY, SCENARIOS, play


def simulate(
    scenario_name: Annotated[str, typer.Option("--scenario", help=f"One of: {', '.join(SCENARIOS)}.")],
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0: any free port.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same activities.")] = 1,
    count: Annotated[int | None, typer.Option(help="Approximate number of activities.")] = None,
    speed: Annotated[
        float, typer.Option(help="Simulated seconds per real second; beside 1, clocks disagree for a forwarder.")
    ] = 1.0,
) -> None:
    """Serve a scenario as Anthropic's Activity Feed until SIGTERM."""
    if scenario_name not in SCENARIOS:
        raise typer.BadParameter(
            f"{scenario_name!r} is not a scenario; use one of {', '.join(SCENARIOS)}", param_hint="--scenario"
        )
    stop = stop_on_signals(0)
    with play(scenario_name, port=port, seed=seed, speed=speed, count=count) as feed:
        terminal.show_data(f"{scenario_name} at {feed.url}, key {COMPLIANCE_KEY}")
        stop.wait()
