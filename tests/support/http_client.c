#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hmis/base.h"
#include "test.h"

/* ---- Raw. -------------------------------------------------------------------------------------
 */
int http_connect(int port) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 10 };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
        fail_msg("connect to port %d: %s", port, strerror(errno));
    return fd;
}

void http_send(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) return; /* refused in the middle: the answer tells */
        bytes += sent;
        length -= (size_t)sent;
    }
}

void http_send_text(int fd, const char *text) {
    http_send(fd, text, strlen(text));
}

/* Up to the blank line, byte by byte: what follows belongs to the body or the next answer. */
static bool read_head(int fd, struct buffer *head) {
    char c;
    while (head->length < 4 || memcmp(head->data + head->length - 4, "\r\n\r\n", 4) != 0) {
        if (recv(fd, &c, 1, 0) != 1) return false;
        buffer_add_char(head, c);
    }
    buffer_add_char(head, 0);
    return true;
}

static void read_body(int fd, struct http_answer *answer) {
    const char *length = http_header(answer, "Content-Length");
    answer->length = length ? (size_t)strtoull(length, NULL, 10) : 0;
    answer->body = xrealloc(answer->body, answer->length + 1);
    answer->body[answer->length] = 0;
    for (size_t have = 0; have < answer->length;) {
        ssize_t got = recv(fd, answer->body + have, answer->length - have, 0);
        if (got <= 0) fail_msg("the answer was cut after %zu of %zu bytes", have, answer->length);
        have += (size_t)got;
    }
}

struct http_answer http_read(int fd, bool head) {
    struct http_answer answer = { .body = xcalloc(1, 1) };
    struct buffer text = { 0 };
    do {
        text.length = 0;
        if (!read_head(fd, &text)) {
            buffer_free(&text);
            return answer;
        }
    } while (text_starts(text.data, "HTTP/1.1 100 "));
    answer.head = text.data;
    if (sscanf(answer.head, "HTTP/1.%*d %d", &answer.status) != 1)
        fail_msg("not an HTTP answer: %s", answer.head);
    if (!head && answer.status != 304 && answer.status != 204) read_body(fd, &answer);
    return answer;
}

bool http_is_closed(int fd) {
    struct pollfd one = { .fd = fd, .events = POLLIN };
    char c;
    return poll(&one, 1, 5000) == 1 && recv(fd, &c, 1, 0) <= 0;
}

void http_answer_free(struct http_answer *answer) {
    free(answer->head);
    free(answer->body);
    *answer = (struct http_answer){ 0 };
}

const char *http_header(const struct http_answer *answer, const char *name) {
    static _Thread_local char value[4096];
    size_t length = strlen(name);
    for (const char *line = answer->head; line && (line = strstr(line, "\r\n"));) {
        line += 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':') continue;
        line += length + 1 + strspn(line + length + 1, " ");
        snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
        return value;
    }
    return NULL;
}

json_t *http_json(const struct http_answer *answer) {
    json_error_t error;
    json_t *json = json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error);
    if (!json) fail_msg("not JSON (%s): %s", error.text, answer->body);
    return json;
}

struct http_answer http_exchange(int port, const char *bytes) {
    int fd = http_connect(port);
    http_send_text(fd, bytes);
    struct http_answer answer = http_read(fd, text_starts(bytes, "HEAD "));
    close(fd);
    return answer;
}

/* ---- As a browser. ----------------------------------------------------------------------------
 */
enum { JAR_MAX = 16 };
struct cookie {
    char *name, *value;
};
struct http_client {
    int port, fd;
    struct cookie jar[JAR_MAX];
    char *csrf, *headers;
};

struct http_client *http_client_new(int port) {
    struct http_client *client = xcalloc(1, sizeof(*client));
    client->port = port;
    client->fd = -1;
    return client;
}

static void drop_connection(struct http_client *client) {
    if (client->fd >= 0) close(client->fd);
    client->fd = -1;
}

void http_client_free(struct http_client *client) {
    if (!client) return;
    drop_connection(client);
    for (int i = 0; i < JAR_MAX; i++) {
        free(client->jar[i].name);
        free(client->jar[i].value);
    }
    free(client->csrf);
    free(client->headers);
    free(client);
}

static void replace(char **text, const char *with) {
    free(*text);
    *text = with ? xstrdup(with) : NULL;
}

void http_client_csrf(struct http_client *client, const char *token) {
    replace(&client->csrf, token);
}

void http_client_headers(struct http_client *client, const char *lines) {
    replace(&client->headers, lines);
}

const char *http_client_cookie(const struct http_client *client, const char *name) {
    for (int i = 0; i < JAR_MAX; i++)
        if (client->jar[i].name && !strcmp(client->jar[i].name, name)) return client->jar[i].value;
    return NULL;
}

void http_client_set_cookie(struct http_client *client, const char *name, const char *value) {
    struct cookie *place = NULL;
    for (int i = 0; i < JAR_MAX; i++) {
        struct cookie *cookie = &client->jar[i];
        if (cookie->name && !strcmp(cookie->name, name)) {
            place = cookie;
            break;
        }
        if (!cookie->name && !place) place = cookie;
    }
    assert_non_null(place);
    replace(&place->name, value && *value ? name : NULL);
    replace(&place->value, value && *value ? value : NULL);
}

/* Attributes are looked at for one thing only: is the cookie being taken back? */
static void take_cookies(struct http_client *client, const struct http_answer *answer) {
    for (const char *line = answer->head; line && (line = strstr(line, "\r\n"));) {
        char name[128], value[1024], rest[1024] = "";
        line += 2;
        if (strncasecmp(line, "Set-Cookie:", 11) != 0) continue;
        snprintf(rest, sizeof(rest), "%.*s", (int)strcspn(line, "\r"), line);
        if (sscanf(rest + 11, " %127[^=]=%1023[^;]", name, value) < 2) value[0] = 0;
        bool gone = strcasestr(rest, "Max-Age=0") != NULL;
        http_client_set_cookie(client, name, gone ? NULL : value);
    }
}

static void write_request(const struct http_client *client, struct buffer *out, const char *method,
                          const char *path, const char *body) {
    const char *more = client->headers ? client->headers : "";
    bool first = true;
    buffer_printf(out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", method, path, client->port);
    if (!strcasestr(more, "Sec-Fetch-Site:"))
        buffer_add_text(out, "Sec-Fetch-Site: same-origin\r\n");
    if (client->csrf && !strcasestr(more, "X-CSRF-Token:"))
        buffer_printf(out, "X-CSRF-Token: %s\r\n", client->csrf);
    for (int i = 0; i < JAR_MAX; i++) {
        if (!client->jar[i].name) continue;
        buffer_printf(out, "%s%s=%s", first ? "Cookie: " : "; ", client->jar[i].name,
                      client->jar[i].value);
        first = false;
    }
    buffer_add_text(out, first ? "" : "\r\n");
    if (body && !strcasestr(more, "Content-Type:"))
        buffer_add_text(out, "Content-Type: application/json\r\n");
    if (body || strcmp(method, "GET") != 0)
        buffer_printf(out, "Content-Length: %zu\r\n", body ? strlen(body) : 0);
    buffer_printf(out, "%s\r\n%s", more, body ? body : "");
}

static struct http_answer attempt(struct http_client *client, const struct buffer *out, bool head) {
    if (client->fd < 0) client->fd = http_connect(client->port);
    http_send(client->fd, out->data, out->length);
    struct http_answer answer = http_read(client->fd, head);
    const char *connection = http_header(&answer, "Connection");
    if (answer.status == 0 || (connection && !strcasecmp(connection, "close")))
        drop_connection(client);
    return answer;
}

struct http_answer http_request(struct http_client *client, const char *method, const char *path,
                                const char *body) {
    struct buffer out = { 0 };
    struct http_answer answer = { 0 };
    write_request(client, &out, method, path, body);
    bool kept = client->fd >= 0;
    answer = attempt(client, &out, !strcmp(method, "HEAD"));
    if (answer.status == 0 && kept) { /* the server may have closed it meanwhile */
        http_answer_free(&answer);
        answer = attempt(client, &out, !strcmp(method, "HEAD"));
    }
    buffer_free(&out);
    replace(&client->headers, NULL);
    take_cookies(client, &answer);
    return answer;
}

json_t *http_expect(struct http_client *client, const char *method, const char *path,
                    const char *body, int status) {
    struct http_answer answer = http_request(client, method, path, body);
    if (answer.status != status)
        fail_msg("%s %s: %d instead of %d: %s", method, path, answer.status, status, answer.body);
    const char *type = http_header(&answer, "Content-Type");
    json_t *json = type && strstr(type, "json") && answer.length ? http_json(&answer) : NULL;
    http_answer_free(&answer);
    return json;
}
