"""`python -m services.balancer`"""

from common.service import Service, main
from services.balancer.config import Config
from services.balancer.loop import session

SERVICE = Service("balancer", Config, session, leads=True)

if __name__ == "__main__":
    main(SERVICE)
