"""Start the bridge to HomeWizard sockets, meters and batteries."""

from common.service import Service, main
from services.homewizard.bridge import session
from services.homewizard.config import Config

SERVICE = Service("homewizard", Config, session)

if __name__ == "__main__":
    main(SERVICE)
