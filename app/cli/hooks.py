"""`flask hooks`: where a study wants to be heard, and what was told there."""

import click
from flask.cli import AppGroup

from app.cli import who
from app.config import current_settings
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.hooks import subscribing
from app.hooks.models import OF_A_STUDY, DeliveryState, HookEvent
from app.hooks.replaying import deliveries_of, find_delivery, replay, replay_given_up
from app.hooks.subscribing import find_hook, hooks_of
from app.studies.installing import site as find_site
from app.studies.installing import study as find_study

group = AppGroup("hooks", help="Webhooks: other systems that are told what happens.")


@group.command()
@click.argument("study")
@click.argument("url")
@click.option("--on", "events", multiple=True, required=True, type=click.Choice([event.value for event in OF_A_STUDY]))
@click.option("--site", help="Only what happens at this site.")
@who.acting_person
def add(study: str, url: str, events: tuple[str, ...], site: str | None) -> None:
    """Tell URL what happens in STUDY. The secret that signs is shown once."""
    with acting(who.person()), transaction():
        where = find_study(study)
        at, allowed = find_site(where, site) if site else None, current_settings().hook_networks
        hook, secret = subscribing.subscribe(where, at, url, list(map(HookEvent, events)), allowed, now())
        click.echo(f"Webhook {hook.id}. Give its receiver the secret below; it cannot be shown again.", err=True)
    click.echo(secret)


@group.command("list")
@click.argument("study")
def list_(study: str) -> None:
    """List the webhooks of STUDY, with what waits and what was given up."""
    for hook in hooks_of(find_study(study)):
        left = [f"{len(deliveries_of(hook, state))} {state.value}" for state in DeliveryState]
        where = f"  site {hook.site.code}" if hook.site else ""
        paused = f"  paused: {hook.paused_because}" if hook.paused_at else ""
        click.echo(f"{hook.id}  {hook.url}  {', '.join(hook.events)}{where}  ({', '.join(left)}){paused}")


@group.command()
@click.argument("study")
@click.argument("hook_id", type=int)
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]))
def deliveries(study: str, hook_id: int, state: str | None) -> None:
    """List what was told, the newest first."""
    of_state = DeliveryState(state) if state else None
    for row in deliveries_of(find_hook(find_study(study), hook_id), of_state):
        said = row.failure or (f"answered {row.status}" if row.status else "not sent yet")
        click.echo(f"{row.id}  {row.noted_at:%Y-%m-%d %H:%M} UTC  {row.event.value}  {row.state.value}  {said}")


@group.command("replay")
@click.argument("study")
@click.argument("hook_id", type=int)
@click.argument("delivery_id", type=int, required=False)
@who.acting_person
def replay_(study: str, hook_id: int, delivery_id: int | None) -> None:
    """Tell DELIVERY_ID again, or all that was given up."""
    with acting(who.person()), transaction():
        hook = find_hook(find_study(study), hook_id)
        if delivery_id is None:
            owed = replay_given_up(hook, now())
        else:
            replay(find_delivery(hook, delivery_id), now())
            owed = 1
    click.echo(f"{owed} will be sent again with the next round of the clock.")


@group.command()
@click.argument("study")
@click.argument("hook_id", type=int)
@click.option("--because", default=subscribing.BY_HAND, show_default=True)
@who.acting_person
def pause(study: str, hook_id: int, because: str) -> None:
    """Let nothing leave until it goes on; what happens is kept."""
    with acting(who.person(), because), transaction():
        subscribing.pause(find_hook(find_study(study), hook_id), because, now())
    click.echo(f"Webhook {hook_id} is paused.")


@group.command("go-on")
@click.argument("study")
@click.argument("hook_id", type=int)
@who.acting_person
def go_on(study: str, hook_id: int) -> None:
    """Let what waits leave."""
    with acting(who.person()), transaction():
        subscribing.go_on(find_hook(find_study(study), hook_id))
    click.echo(f"Webhook {hook_id} goes on.")


@group.command()
@click.argument("study")
@click.argument("hook_id", type=int)
@who.acting_person
def ping(study: str, hook_id: int) -> None:
    """Send a word, to see that the line stands."""
    with acting(who.person()), transaction():
        subscribing.ping(find_hook(find_study(study), hook_id))
    click.echo(f"Webhook {hook_id} is pinged with the next round of the clock.")


@group.command()
@click.argument("study")
@click.argument("hook_id", type=int)
@who.acting_person
def end(study: str, hook_id: int) -> None:
    """Tell it nothing any more."""
    with acting(who.person()), transaction():
        subscribing.end(find_hook(find_study(study), hook_id), now())
    click.echo(f"Webhook {hook_id} has ended.")
