# Build it in the project's directory:  docker build -t career-essay-bot:local .
# deploy/compose.yaml runs it as docs/operating.md says: root filesystem read-only, everything kept in the volume /data.

# The Python that the tests run with; any from 3.11 on will do.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY prompts prompts
COPY bot bot
# The virtual environment is copied whole into the second stage, which so needs neither pip's cache nor the sources.
RUN python -m venv /opt/essay-bot \
    && /opt/essay-bot/bin/pip install --no-cache-dir '.[postgres]'

FROM python:${PYTHON}-slim
# The uid is fixed and numeric, so that files in the volume keep their owner when the image is built anew.
RUN groupadd --gid 10001 essay-bot \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin essay-bot \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/essay-bot /opt/essay-bot
# Unbuffered, so that the last lines of the log are there after a kill; no bytecode, for there is nowhere to write it.
ENV PATH=/opt/essay-bot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_PATH=/data/essays.db
WORKDIR /opt/essay-bot
VOLUME /data
USER 10001:10001
STOPSIGNAL SIGTERM
# In exec form, so that no shell stands between the runtime's SIGTERM and the bot.
ENTRYPOINT ["essay-bot"]
CMD ["run"]
# A lost connection to Discord is commonly back within a minute, so three checks in a row must fail.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["essay-bot", "check", "--running"]
