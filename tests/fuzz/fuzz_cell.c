/* Cells: the first byte chooses the item, the rest is what somebody wrote. Nothing is read beyond
 * it; a refusal changes nothing; what is taken lies in the item's range and is read back the same
 * from what it is written as. */
#include "hmis/dictionary.h"

#include <stdlib.h>
#include <string.h>

static const struct item items[] = {
    { .type = DATA_COUNT, .low = 0, .high = NO_HIGH },
    { .type = DATA_COUNT, .low = NO_LOW, .high = NO_HIGH },
    { .type = DATA_COUNT, .low = 1, .high = 31 },
    { .type = DATA_ADEQUACY, .low = ADEQUATE, .high = INADEQUATE },
    { .type = DATA_DATE, .low = 20000101, .high = 20991231 },
    { .type = DATA_PERCENTAGE, .scale = 2, .low = 0, .high = 10000 },
    { .type = DATA_DECIMAL, .scale = 4, .low = NO_LOW, .high = NO_HIGH },
    { .type = DATA_DECIMAL, .scale = 0, .low = 0, .high = NO_HIGH },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_taken(const struct item *item, int32_t cell) {
    char out[16];
    int32_t again = 0;
    enum error_code error;
    ENSURE(cell == BLANK || (cell >= item->low && cell <= item->high), "in the item's range");
    size_t length = cell_format(item, cell, out);
    ENSURE(length < sizeof(out) && strlen(out) == length, "fits");
    ENSURE(cell_parse(item, out, length, &again, &error) && again == cell, "read back the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const struct item *item = &items[data[0] % COUNT(items)];
    char *text = xmalloc(size); /* the sanitizer sees one byte too many */
    int32_t cell = 4711;
    enum error_code error;
    struct cell_readings readings;
    memcpy(text, data + 1, size - 1);
    if (cell_parse_readings(item, text, size - 1, &cell, &error, &readings)) {
        ENSURE(error == ERR_NONE, "taken without an error");
        check_taken(item, cell);
    } else {
        ENSURE(cell == 4711 && error != ERR_NONE, "refused: why, and nothing changed");
        ENSURE((error == ERR_VALUE_ASK) == (readings.count > 0), "asked: with readings");
        for (int i = 0; i < readings.count; i++)
            if (readings.of[i].holds) check_taken(item, readings.of[i].cell);
    }
    free(text);
    return 0;
}
