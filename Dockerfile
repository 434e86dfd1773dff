# Two stages on Debian 12: build with what script/server would install, run with the libraries only.
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
    gcc cmake ninja-build pkg-config python3 libmicrohttpd-dev libpq-dev libsodium-dev \
    libjansson-dev libcairo2-dev libcsv-dev libinih-dev libgnutls28-dev zlib1g-dev \
    libzip-dev libxml2-dev libuchardet-dev libxlsxwriter-dev \
    postgresql-15 ca-certificates nodejs npm util-linux \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN bash -c 'source script/lib/common.sh && build_web && mkdir -p build && \
    build_binary build/release -DCMAKE_BUILD_TYPE=Release -DHMIS_TESTS=OFF' \
    && strip --strip-debug build/release/hmis

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
    libmicrohttpd12 libpq5 libsodium23 libjansson4 libcairo2 libcsv3 libinih1 libgnutls30 zlib1g \
    libzip4 libxml2 libuchardet0 libxlsxwriter4 \
    ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/hmis --create-home hmis
COPY --from=build /src/build/release/hmis /usr/bin/hmis
COPY --from=build /src/data/geography /usr/share/hmis/geography
COPY --from=build /src/data/dictionary /usr/share/hmis/dictionary
COPY --from=build /src/data/demonstration /usr/share/hmis/demonstration
COPY deploy/entrypoint.sh /usr/lib/hmis/entrypoint.sh
USER hmis
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["/usr/lib/hmis/entrypoint.sh"]
CMD ["serve", "--address", "0.0.0.0", "--port", "8080"]
