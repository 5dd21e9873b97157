# One image for every service; compose.yaml says which one a container runs. No feature of a particular builder and
# nothing to compile, so that amd64 and arm64 are made alike.

FROM python:3.13-slim AS build
RUN pip install --no-cache-dir --root-user-action=ignore 'uv>=0.8,<1'
ENV UV_PROJECT_ENVIRONMENT=/opt/ballast \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1
WORKDIR /src
# First what we depend on, exactly as locked and from wheels only: no compiler, and a layer that changes seldom.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-install-project --no-build --extra demo --extra discover --extra notify --extra planner
COPY README.md LICENSE ./
COPY common ./common
COPY services ./services
RUN uv sync --locked --no-dev --no-editable --extra demo --extra discover --extra notify --extra planner

FROM python:3.13-slim
# The number matters: files belong to it where .env names no other user. Their own modes keep others out.
RUN groupadd --gid 10001 ballast \
 && useradd --uid 10001 --gid ballast --no-create-home --home-dir /ballast --shell /usr/sbin/nologin ballast \
 && install --directory --owner=ballast --group=ballast --mode=0755 \
      /ballast /ballast/data /ballast/secrets /ballast/mosquitto
COPY --from=build /opt/ballast /opt/ballast
ENV PATH=/opt/ballast/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BALLAST_CONFIG=/ballast/ballast.yaml \
    BALLAST_METRICS_PORT=9464 \
    BALLAST_LOG_FORMAT=text
WORKDIR /ballast
USER ballast
ENTRYPOINT ["ballast"]
