"""Start the page."""

from common.service import Service, main
from services.web.config import Config
from services.web.session import session

SERVICE = Service("web", Config, session)

if __name__ == "__main__":
    main(SERVICE)
