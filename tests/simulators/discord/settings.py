"""What a test may choose about the imitation. The defaults are Discord's own numbers."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(slots=True)
class Settings:
    """Every field may be changed while the simulator runs; sizes are bytes, times seconds.

    Sources are sections of Discord's documentation (discord/discord-api-docs, August 2026) unless stated otherwise.
    """

    token: str = "MTIzNDU2Nzg5MDEyMzQ1Njc4.simulated.token"  # its first part is an id in base 64, as of a real one
    bot_name: str = "essay-bot"
    owner_name: str = "operator"
    ack_deadline: float = 3.0  # "Interaction Callback": three seconds, then the token is void
    token_lifetime: float = 900.0  # "Followup Messages": fifteen minutes
    file_limit: int = 10 * MIB  # "Uploading Files"; told to the bot as attachment_size_limit
    request_limit: int = 25 * MIB  # "Create Message", Limitations
    heartbeat_interval: float = 41.25
    shards: int = 1  # what GET /gateway/bot recommends
    servers_per_shard: int = 2500  # "Sharding": a shard with more is closed with 4011
    max_concurrency: int = 1  # "Session Start Limit": IDENTIFYs in identify_interval, for each shard % max_concurrency
    identify_interval: float = 5.0  # what comes sooner gets op 9; 0 for a test whose bot starts again and again
    identifies_a_day: int = 1000  # "Session Start Limit"; one more, and the token is of no use any longer
    message_content: bool = False
    """Message Content Intent, as it is set in the Developer Portal: without it the content of others' messages in
    servers is empty, in events and over HTTP alike ("Message Content Intent"), unless they mention the bot."""
    active_threads: int = 1000  # of a server; more are refused with 160006 ("Threads")
    disallowed_intents: int = 0  # an IDENTIFY with any of these bits is closed with 4014
    rate_limits: bool = True
    latency: float = 0.0  # before every REST reply
    count_utf16: bool = True
    """How characters are counted. Discord does not say whether 4000 means code points or UTF-16 units, so the stricter
    is the default: a text is refused when either count is above the limit (UTF-16 never gives the smaller one)."""
    refuse_empty_files: bool = True
    """Not verified: what Discord does with a file of 0 bytes. The stricter reading refuses it, which also catches a
    discord.File sent twice (its second upload is empty and discord.py says nothing)."""

    def length(self, text: str) -> int:
        """The number of characters of ``text`` that Discord's limits are compared with."""
        return len(text.encode("utf-16-le", "surrogatepass")) // 2 if self.count_utf16 else len(text)
