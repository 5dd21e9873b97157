"""Start the bridge to PZEM meters, dimmers and switched loads."""

from common.service import Service, main
from services.pzem.bridge import session
from services.pzem.config import Config

SERVICE = Service("pzem", Config, session)

if __name__ == "__main__":
    main(SERVICE)
