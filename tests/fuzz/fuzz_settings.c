/* A configuration file of any bytes is read or refused with a problem that says why. */
#include "hmis/log.h"
#include "hmis/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drop(const char *line) {
    if (!*line) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    log_set_level(LOG_ERROR); /* the file is readable by everybody, which it says */
    int file = memfd_create("settings", 0);
    if (file < 0 || write(file, data, size) != (ssize_t)size) abort();
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    char *argv[] = { "--config", path };
    struct settings settings;
    struct problem p = { 0 };
    int rest;
    bool loaded = settings_load(&settings, 2, argv, &rest, &p);
    if (loaded == (p.code != ERR_NONE) || loaded == (*p.detail != '\0')) abort();
    if (loaded) settings_print(&settings, drop);
    settings_free(&settings);
    close(file);
    return 0;
}
