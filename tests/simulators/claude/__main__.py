"""`python -m tests.simulators.claude`: the imitation by itself, for trials by hand and for other processes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import click

from tests.simulators.claude import Answer, ClaudeSimulator, Request, canned


@click.command()
@click.option("--port", default=8787, show_default=True, help="Port on 127.0.0.1; 0 picks a free one.")
@click.option("--key", default="sk-simulated", show_default=True, help="The only key that is taken.")
@click.option("--basic", is_flag=True, help="Imitate a local server's narrow dialect; any key is taken.")
@click.option("--speed", default=400.0, show_default=True, help="Characters a second.")
def main(port: int, key: str, basic: bool, speed: float) -> None:
    """Answers on loopback as Claude would, with canned replies, until interrupted."""

    def respond(request: Request) -> Answer:
        reply = canned(request)
        click.echo(f"{request.number}: {request.model}, effort {request.effort}, {len(reply.text)} characters")
        return replace(reply, characters_per_second=speed)

    async def serve() -> None:
        simulator = ClaudeSimulator(basic=basic, key=None if basic else key, port=port, responder=respond)
        async with simulator as claude:
            click.echo(claude.base_url)
            try:
                await asyncio.Event().wait()
            finally:
                bill = claude.billed()
                click.echo(f"{len(claude.requests)} requests, ${bill.input:.4f} in, ${bill.output:.4f} out")

    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        click.echo("stopped")


if __name__ == "__main__":
    main()
