"""`claude-siem simulate`: the stand-in for Anthropic's API on its own, for dry runs."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from forwarder.cli.run import stop_on_signals
from forwarder.simulator import COMPLIANCE_KEY, SCENARIOS, FeedServer, SimulatedClock, scenario


def simulate(
    scenario_name: Annotated[str, typer.Option("--scenario", help=f"One of: {', '.join(SCENARIOS)}.")],
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal stories.")] = 1,
    count: Annotated[int | None, typer.Option(help="About how many activities.")] = None,
    speed: Annotated[float, typer.Option(help="Simulated seconds a real second.")] = 1.0,
) -> None:
    """Serve a scenario as Anthropic's Activity Feed until SIGTERM."""
    if scenario_name not in SCENARIOS:
        raise typer.BadParameter(f"{scenario_name!r} is none of: {', '.join(SCENARIOS)}", param_hint="--scenario")
    issues = scenario(scenario_name, now=datetime.now(UTC), seed=seed, count=count)
    stop = stop_on_signals()
    with FeedServer(issues, port=port, clock=SimulatedClock(speed=speed)) as feed:
        typer.echo(f"{scenario_name}: {len(issues)} activities at {feed.url}, key {COMPLIANCE_KEY}")
        stop.wait()
