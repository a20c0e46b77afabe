# syntax=docker/dockerfile:1
# The production image: dependencies are built once, the running stage carries no compiler and no root.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY . .
RUN python -m leadflow collectstatic --noinput -v0 && python -m compileall -q leadflow capture qualification nurturing distribution pipeline

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/leadflow --create-home leadflow
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=leadflow.settings VAR_DIR=/var/lib/leadflow
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
USER 10001
VOLUME /var/lib/leadflow
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz/', timeout=4)"]
CMD ["gunicorn", "leadflow.wsgi", "--bind", "0.0.0.0:8000", "--preload", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "20", "--timeout", "60", "--max-requests", "5000", "--max-requests-jitter", "500"]
