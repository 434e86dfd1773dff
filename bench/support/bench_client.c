#include "bench_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void bench_die(const char *what, const char *detail) {
    fprintf(stderr, "bench: %s: %.400s\n", what, detail ? detail : "");
    exit(1);
}

static void client_connect(struct bench_client *c) {
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->server->port) };
    inet_pton(AF_INET, c->server->host, &to.sin_addr);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
        bench_die("connect", c->server->host);
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* An idle connection may have been closed by the server. */
static void reconnect_if_closed(struct bench_client *c) {
    char byte;
    if (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0) return;
    close(c->fd);
    client_connect(c);
}

/* Keeps a cookie the first time its name is seen: nothing here is ever renewed. */
static void take_cookie(struct bench_client *c, const char *pair) {
    int length = (int)strcspn(pair, ";\r\n");
    char name[64];
    snprintf(name, sizeof name, "%.*s=", (int)strcspn(pair, "="), pair);
    if (strstr(c->cookies, name)) return;
    size_t used = strlen(c->cookies);
    snprintf(c->cookies + used, sizeof c->cookies - used, "%s%.*s", used ? "; " : "", length, pair);
}

static void send_bytes(struct bench_client *c, const char *data, size_t length, const char *path) {
    while (length > 0) {
        ssize_t sent = send(c->fd, data, length, MSG_NOSIGNAL);
        if (sent <= 0) bench_die("send", path);
        data += sent;
        length -= (size_t)sent;
    }
}

static atomic_uint requests;

static void send_head(struct bench_client *c, const char *method, const char *path,
                      const char *type, size_t length) {
    struct buffer out = { 0 };
    reconnect_if_closed(c);
    buffer_printf(&out, "%s %s HTTP/1.1\r\nHost: %s:%d\r\n", method, path, c->server->host,
                  c->server->port);
    /* The daemon takes us for a proxy: no address sends so much that it is held back. */
    unsigned number = atomic_fetch_add(&requests, 1);
    buffer_printf(&out, "X-Forwarded-For: 10.%u.%u.%u\r\n", number >> 16 & 255, number >> 8 & 255,
                  number & 255);
    if (c->cookies[0]) buffer_printf(&out, "Cookie: %s\r\n", c->cookies);
    if (strcmp(method, "GET") != 0)
        buffer_printf(&out, "Origin: http://%s:%d\r\nX-CSRF-Token: %s\r\n", c->server->host,
                      c->server->port, c->csrf);
    if (type) buffer_printf(&out, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, length);
    buffer_add_text(&out, "\r\n");
    send_bytes(c, out.data, out.length, path);
    buffer_free(&out);
}

static void read_more(struct bench_client *c) {
    buffer_reserve(&c->in, 65536);
    ssize_t got = recv(c->fd, c->in.data + c->in.length, 65535, 0);
    if (got <= 0) bench_die("the server closed the connection", NULL);
    c->in.length += (size_t)got;
    c->in.data[c->in.length] = '\0';
}

static void read_answer(struct bench_client *c) {
    c->in.length = 0;
    char *end = NULL;
    while (!end) {
        read_more(c);
        end = strstr(c->in.data, "\r\n\r\n");
    }
    size_t head = (size_t)(end - c->in.data) + 4, length = 0;
    c->status = (int)strtol(c->in.data + 9, NULL, 10);
    for (char *line = strstr(c->in.data, "\r\n"); line && line < end;
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, "content-length: ", 16) == 0)
            length = strtoul(line + 18, NULL, 10);
        if (strncasecmp(line + 2, "set-cookie: ", 12) == 0) take_cookie(c, line + 14);
    }
    while (c->in.length < head + length)
        read_more(c);
    c->body = c->in.data + head;
}

void bench_call(struct bench_client *c, const char *method, const char *path, const char *body) {
    size_t length = body ? strlen(body) : 0;
    send_head(c, method, path, body ? "application/json" : NULL, length);
    send_bytes(c, body, length, path);
    read_answer(c);
}

void bench_send_file(struct bench_client *c, const char *path, const char *type, const char *file) {
    static char chunk[65536];
    struct stat about;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) bench_die("open", file);
    send_head(c, "POST", path, type, (size_t)about.st_size);
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) > 0)
        send_bytes(c, chunk, (size_t)got, path);
    close(fd);
    read_answer(c);
}

json_t *bench_answer(struct bench_client *c, int status, const char *what) {
    json_t *json = c->status == status ? json_loads(c->body, 0, NULL) : NULL;
    if (!json) bench_die(what, c->body);
    return json;
}

static const char *member(const json_t *json, const char *key) {
    return json_string_value(json_object_get(json, key));
}

void bench_sign_in(struct bench_client *c, const struct bench_server *server, const char *username,
                   const char *password, const char *role) {
    *c = (struct bench_client){ .server = server };
    client_connect(c);
    bench_call(c, "POST", "/api/v1/captcha", NULL);
    json_t *captcha = bench_answer(c, 201, "captcha");
    json_t *body = json_pack("{s:s,s:s,s:s,s:s,s:s}", "username", username, "password", password,
                             "role", role, "captcha_id", member(captcha, "id"), "captcha_answer",
                             member(captcha, "test_answer"));
    char *text = json_dumps(body, JSON_COMPACT);
    bench_call(c, "POST", "/api/v1/session", text);
    json_t *session = bench_answer(c, 201, "sign in");
    snprintf(c->csrf, sizeof c->csrf, "%s", member(session, "csrf_token"));
    free(text);
    json_decref(body);
    json_decref(captcha);
    json_decref(session);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_quantile(double *values, int count, double q) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[(int)(q * (count - 1) + 0.5)];
}

void bench_row(const char *name, double figure, double limit) {
    bool good = limit < 0 ? figure >= -limit : figure <= limit;
    printf("%-58s %12.2f   limit %s%-8g %s\n", name, figure, limit < 0 ? ">=" : "",
           limit < 0 ? -limit : limit, good ? "ok" : "over");
    fflush(stdout);
}
