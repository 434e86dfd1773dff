#include "xml.h"

#include <libxml/parser.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct xml {
    const struct xml_events *events;
    void *arg;
    xmlParserCtxtPtr context;
    bool stopped;
    struct problem why;
};

static void on_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces, const xmlChar **namespace_list, int count, int defaulted,
                     const xmlChar **attributes) {
    struct xml *xml = data;
    (void)prefix, (void)uri, (void)namespaces, (void)namespace_list, (void)defaulted;
    const struct xml_attributes list = { count, attributes };
    if (!xml->stopped) xml->events->start(xml->arg, (const char *)name, &list);
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
    struct xml *xml = data;
    (void)prefix, (void)uri;
    if (!xml->stopped && xml->events->end != NULL) xml->events->end(xml->arg, (const char *)name);
}

static void on_text(void *data, const xmlChar *text, int length) {
    struct xml *xml = data;
    if (!xml->stopped && xml->events->text != NULL)
        xml->events->text(xml->arg, (const char *)text, (size_t)length);
}

static void on_doctype(void *data, const xmlChar *name, const xmlChar *id, const xmlChar *system) {
    struct problem why = { 0 };
    (void)name, (void)id, (void)system;
    problem_set(
        &why, ERR_FILE_FORMAT,
        "The workbook declares a document type, which no spreadsheet program writes; open it "
        "in one and save it again");
    xml_stop(data, &why);
}

static void on_error(void *data, xmlErrorPtr error) {
    (void)data, (void)error; /* xml_feed sees it */
}

static void say_nothing(void *data, const char *format, ...) {
    (void)data, (void)format;
}

/* Some errors of converting go past the parser's own handler; that one is of the thread. */
void xml_start_library(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, xmlInitParser);
    xmlSetGenericErrorFunc(NULL, say_nothing);
}

struct xml *xml_new(const struct xml_events *events, void *arg) {
    struct xml *xml = xcalloc(1, sizeof *xml);
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .cdataBlock = on_text,
        .internalSubset = on_doctype,
        .serror = on_error,
    };
    xml_start_library();
    xml->events = events;
    xml->arg = arg;
    xml->context = xmlCreatePushParserCtxt(&sax, xml, NULL, 0, NULL);
    ENSURE(xml->context != NULL, "memory for a parser");
    xmlCtxtUseOptions(xml->context, XML_PARSE_NONET);
    return xml;
}

bool xml_stop(struct xml *xml, const struct problem *problem) {
    if (!xml->stopped) xml->why = *problem;
    xml->stopped = true;
    xmlStopParser(xml->context);
    return false;
}

bool xml_feed(struct xml *xml, const char *data, size_t length, bool last, const char *part,
              struct problem *p) {
    xml_start_library();
    int status = xmlParseChunk(xml->context, data, (int)length, last);
    if (xml->stopped) {
        *p = xml->why;
        return false;
    }
    /* A prefix that is not declared is no reason to refuse a workbook. */
    if (status == XML_ERR_OK || xml->context->wellFormed) return true;
    return problem_set(
        p, ERR_FILE_FORMAT,
        "The workbook is damaged (%s, line %d); open it in a spreadsheet program and "
        "save it again",
        part, xml->context->input != NULL ? xml->context->input->line : 0);
}

void xml_free(struct xml *xml) {
    if (xml == NULL) return;
    xmlFreeDoc(xml->context->myDoc);
    xmlFreeParserCtxt(xml->context);
    free(xml);
}

/* libxml2 leaves '&' as "&#38;" in what it gives. */
bool xml_attribute(const struct xml_attributes *attributes, const char *name, char *out,
                   size_t size) {
    static const char ampersand[] = "&#38;";
    size_t to = 0;
    *out = '\0';
    for (int i = 0; i < attributes->count; i++) {
        const unsigned char *const *one = attributes->list + (ptrdiff_t)5 * i;
        if (strcmp((const char *)one[0], name) != 0) continue;
        for (const unsigned char *at = one[3]; at < one[4] && to + 1 < size; at++) {
            out[to++] = (char)*at;
            if (one[4] - at >= 5 && memcmp(at, ampersand, 5) == 0) at += 4;
        }
        out[to] = '\0';
        return true;
    }
    return false;
}

bool xml_read(struct bytes *bytes, const struct xml_events *events, void *arg, struct xml **xml,
              int64_t most, const char *part, struct problem *p) {
    char *piece = xmalloc(TABULAR_PIECE);
    size_t got = 1;
    bool good = true;
    *xml = xml_new(events, arg);
    while (good && got > 0) {
        good = bytes_read(bytes, piece, TABULAR_PIECE, &got, p);
        most -= (int64_t)got;
        if (good && most < 0)
            good = problem_set(p, ERR_FILE_FORMAT, "%s of the workbook is larger than it may be",
                               part);
        good = good && xml_feed(*xml, piece, got, got == 0, part, p);
    }
    xml_free(*xml);
    *xml = NULL;
    free(piece);
    return good;
}
