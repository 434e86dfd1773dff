#include <stdio.h>

int main(void) {
    puts("hmis " HMIS_VERSION);
    return 0;
}
