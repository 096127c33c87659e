# The service in one image, for `grader api` and `grader worker`. Nothing is compiled; nobody is root.
#
#   docker build -t takehome-grader .
#
# Without a registry: `--build-arg BASE=…` names any image with Python 3.11 or newer and a shell. Without a package
# index: put the wheels of requirements.image.lock and of pip into wheels/ (docs/deployment.md has the arguments).
ARG BASE=python:3.13-slim

FROM ${BASE} AS packages
ARG PIP="python3 -m pip"
ARG PIP_OPTIONS=""
WORKDIR /build
COPY requirements.image.lock wheels* /build/wheels/
RUN ${PIP} install --quiet --disable-pip-version-check --no-cache-dir --no-warn-script-location --require-hashes \
        --only-binary :all: --target /opt/grader/packages ${PIP_OPTIONS} -r wheels/requirements.image.lock
COPY api /opt/grader/app/api
COPY grader /opt/grader/app/grader
COPY sandbox /opt/grader/app/sandbox
COPY rubrics /opt/grader/app/rubrics
COPY deploy/finish.py deploy/grader deploy/healthy.py /build/
RUN python3 finish.py /opt/grader /var/lib/takehome-grader

FROM ${BASE}
COPY --from=packages /etc/passwd /etc/group /etc/
COPY --from=packages /opt/grader /opt/grader
COPY --from=packages --chown=10001:10001 /var/lib/takehome-grader /var/lib/takehome-grader
ENV PATH=/opt/grader/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/opt/grader/app:/opt/grader/packages \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/var/lib/takehome-grader \
    XDG_CACHE_HOME=/var/lib/takehome-grader/cache \
    GRADER_DATA=/var/lib/takehome-grader \
    GRADER_HOST=0.0.0.0 \
    GRADER_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/takehome-grader
VOLUME /var/lib/takehome-grader
EXPOSE 8000
STOPSIGNAL SIGTERM
# For `grader api`; a worker answers no requests: compose.yaml gives it another check.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python3", "/opt/grader/bin/healthy.py", "8000", "/healthz"]
ENTRYPOINT ["python3", "/opt/grader/bin/grader"]
CMD ["api"]
