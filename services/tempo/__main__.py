"""Start the service that tells what energy costs."""

from common.service import Service, main
from services.tempo.bridge import session
from services.tempo.config import Config

SERVICE = Service("tempo", Config, session)

if __name__ == "__main__":
    main(SERVICE)
