"""`python -m services.simulator`"""

from common.service import Service, main
from services.simulator.config import Config
from services.simulator.session import session

SERVICE = Service("simulator", Config, session)

if __name__ == "__main__":
    main(SERVICE)
