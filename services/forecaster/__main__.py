"""`python -m services.forecaster`"""

from common.service import Service, main
from services.forecaster.config import Config
from services.forecaster.session import session

SERVICE = Service("forecaster", Config, session)

if __name__ == "__main__":
    main(SERVICE)
