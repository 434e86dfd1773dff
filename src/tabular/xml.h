/* xml: libxml2's push parser, told to do nothing but parse: no entities, no DOCTYPE, no files, no
 * network, and no words on standard error. Namespaces are left aside: local names decide. */
#ifndef TABULAR_XML_H
#define TABULAR_XML_H

#include "tabular_internal.h"

struct xml_attributes {
    int count;
    const unsigned char **list;
};
struct xml_events { /* any may be NULL */
    void (*start)(void *arg, const char *name, const struct xml_attributes *attributes);
    void (*text)(void *arg, const char *text, size_t length);
    void (*end)(void *arg, const char *name);
};
/* Before any call of libxml2, on the thread that makes it. */
void xml_start_library(void);

struct xml;
struct xml *xml_new(const struct xml_events *events, void *arg);
/* `last`: nothing follows. False: the problem says what is wrong with `part`; or a handler stopped.
 */
MUST_USE bool xml_feed(struct xml *xml, const char *data, size_t length, bool last,
                       const char *part, struct problem *p);
/* From within a handler; the problem is the one that xml_feed gives. Returns false. */
bool xml_stop(struct xml *xml, const struct problem *problem);
void xml_free(struct xml *xml); /* NULL is allowed */
/* False: it is not there; out is "" then. Cut to its room. */
bool xml_attribute(const struct xml_attributes *attributes, const char *name, char *out,
                   size_t size);
/* Reads a whole part of at most `most` bytes. */
MUST_USE bool xml_read(struct bytes *bytes, const struct xml_events *events, void *arg,
                       struct xml **xml, int64_t most, const char *part, struct problem *p);

#endif
