"""What an owner may set about the page: where it is reached, and by whom."""

from pydantic import Field

from common.config import ServiceSettings
from common.config.settings import Port


class Config(ServiceSettings):
    """Section `web` of `ballast.yaml`."""

    host: str = Field(default="0.0.0.0", min_length=1, examples=["127.0.0.1"])
    """The address of this machine at which it is reached; `0.0.0.0`: all of them."""
    port: Port = Field(default=8080, examples=[8080])
    open: bool = Field(default=False, examples=[True])
    """Whoever reaches it may look and ask, without a password. Only where nobody else does."""
