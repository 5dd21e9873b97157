"""Start the bridge to Victron GX devices."""

from common.service import Service, main
from services.victron.bridge import session
from services.victron.config import Config

SERVICE = Service("victron", Config, session)

if __name__ == "__main__":
    main(SERVICE)
