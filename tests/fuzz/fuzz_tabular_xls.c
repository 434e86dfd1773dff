/* The records of a binary workbook, put into a container that is right. */
#include "tabular_check.h"

enum { SECTOR = 512, SECTORS = 126 };

static void put(uint8_t *at, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static void put_entry(uint8_t *entry, const char *name, int type, uint32_t start, size_t size) {
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        entry[2 * i] = (uint8_t)name[i];
    put(entry + 64, 2 * (length + 1), 2);
    entry[66] = (uint8_t)type;
    put(entry + 116, start, 4);
    put(entry + 120, size, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct tabular_options options = { .columns_most = 64, .cell_most = 100 };
    size_t sectors = (size + SECTOR - 1) / SECTOR, length = (3 + sectors) * SECTOR;
    if (size == 0 || sectors > SECTORS) return 0;
    uint8_t *file = xcalloc(1, length), *table = file + SECTOR, *directory = table + SECTOR;
    memcpy(file, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
    put(file + 30, 9, 2);
    put(file + 44, 1, 4); /* sectors of the table, the first of them, and the directory's */
    put(file + 48, 1, 4);
    put(file + 68, 0xFFFFFFFE, 4);
    put(table, 0xFFFFFFFD, 4);
    put(table + 4, 0xFFFFFFFE, 4);
    for (size_t i = 0; i < sectors; i++)
        put(table + 4 * (i + 2), i + 1 < sectors ? i + 3 : 0xFFFFFFFE, 4);
    put_entry(directory, "Root Entry", 5, 0xFFFFFFFE, 0);
    put_entry(directory + 128, "Workbook", 2, 2, size);
    memcpy(directory + SECTOR, data, size);
    check_file(file, length, &options);
    free(file);
    return 0;
}
