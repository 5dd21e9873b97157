"""`python -m services.planner`"""

from common.service import Service, main
from services.planner.config import Config
from services.planner.session import session

SERVICE = Service("planner", Config, session)

if __name__ == "__main__":
    main(SERVICE)
