"""Start the service that speaks with Domoticz."""

from common.service import Service, main
from services.domoticz.bridge import session
from services.domoticz.config import Config

SERVICE = Service("domoticz", Config, session)

if __name__ == "__main__":
    main(SERVICE)
