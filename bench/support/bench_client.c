#include "bench_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

/* Keeps a cookie the first time its name is seen: nothing here is ever renewed. */
static void take_cookie(struct bench_client *c, const char *pair) {
    int length = (int)strcspn(pair, ";\r\n");
    char name[64];
    snprintf(name, sizeof name, "%.*s=", (int)strcspn(pair, "="), pair);
    if (strstr(c->cookies, name)) return;
    size_t used = strlen(c->cookies);
    snprintf(c->cookies + used, sizeof c->cookies - used, "%s%.*s", used ? "; " : "", length, pair);
}

static void send_request(struct bench_client *c, const char *method, const char *path,
                         const char *body) {
    struct buffer out = { 0 };
    buffer_printf(&out, "%s %s HTTP/1.1\r\nHost: %s:%d\r\n", method, path, c->server->host,
                  c->server->port);
    if (c->cookies[0]) buffer_printf(&out, "Cookie: %s\r\n", c->cookies);
    if (strcmp(method, "GET") != 0)
        buffer_printf(&out, "Origin: http://%s:%d\r\nX-CSRF-Token: %s\r\n", c->server->host,
                      c->server->port, c->csrf);
    if (body)
        buffer_printf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                      strlen(body));
    buffer_add_text(&out, "\r\n");
    if (body) buffer_add_text(&out, body);
    if (send(c->fd, out.data, out.length, MSG_NOSIGNAL) != (ssize_t)out.length)
        bench_die("send", path);
    buffer_free(&out);
}

static void read_more(struct bench_client *c) {
    buffer_reserve(&c->in, 65536);
    ssize_t got = recv(c->fd, c->in.data + c->in.length, 65535, 0);
    if (got <= 0) bench_die("the server closed the connection", NULL);
    c->in.length += (size_t)got;
    c->in.data[c->in.length] = '\0';
}

void bench_call(struct bench_client *c, const char *method, const char *path, const char *body) {
    send_request(c, method, path, body);
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
    json_t *session = bench_answer(c, 200, "sign in");
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
