"""Start the service that tells people."""

from common.service import Service, main
from services.notifier.bridge import session
from services.notifier.config import Config

SERVICE = Service("notifier", Config, session)

if __name__ == "__main__":
    main(SERVICE)
