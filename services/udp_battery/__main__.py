"""Start the bridge to Marstek batteries."""

from common.service import Service, main
from services.udp_battery.config import Config
from services.udp_battery.session import session

SERVICE = Service("udp_battery", Config, session)

if __name__ == "__main__":
    main(SERVICE)
