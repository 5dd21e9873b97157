"""`python -m services.p1`: the bridge of the P1 meter as a process."""

from common.service import Service, main
from services.p1.bridge import session
from services.p1.config import Config

SERVICE = Service("p1", Config, session)

if __name__ == "__main__":
    main(SERVICE)
