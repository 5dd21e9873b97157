"""Start the bridge to switches, wishes and cars on MQTT."""

from common.service import Service, main
from services.relay.bridge import session
from services.relay.config import Config

SERVICE = Service("relay", Config, session)

if __name__ == "__main__":
    main(SERVICE)
