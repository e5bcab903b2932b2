# The app in a container. Never built with Docker; docs/deploying.md says what has been tested.
#
#   docker build -t according .
#   docker run -p 127.0.0.1:7860:7860 -v according:/data -e NO_AUTH=1 according            # for this machine alone
#   docker run -p 7860:7860 -v according:/data -e AUTH=reader:password according           # behind a server with TLS
#
# Without AUTH or NO_AUTH=1 it stops with an error: a container listens on all of its addresses.
FROM python:3.12-slim

# EXTRAS=scale: for a library in Milvus, and for the workers of a Ray cluster (docs/scale.md)
ARG EXTRAS=""
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY docs/aliases.toml docs/
COPY seeds seeds
COPY rag rag
# PyTorch's own index has builds for the processor alone, some gigabytes smaller than PyPI's.
RUN pip install --no-cache-dir -c constraints.txt --extra-index-url https://download.pytorch.org/whl/cpu ".[rerank${EXTRAS:+,$EXTRAS}]" \
    && rm -rf rag seeds docs

RUN useradd --uid 1000 --create-home reader && install -d -o reader /data
USER 1000
VOLUME /data
ENV HOST=0.0.0.0 PORT=7860 HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1
EXPOSE 7860
# The demonstration index is built at the first start.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz')"]
CMD ["according", "serve", "--default-index", "/data/index"]
