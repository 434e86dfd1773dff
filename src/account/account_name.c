#include <sodium.h>
#include <string.h>

#include "hmis/account.h"

void account_name_key(const char *username, const char *network, uint8_t key[32]) {
    static const unsigned char purpose[] = "hmis: name of a sign-in";
    crypto_generichash_state state;
    crypto_generichash_init(&state, purpose, sizeof purpose, 32);
    for (const char *c = username; *c; c++) {
        unsigned char lower = (unsigned char)(*c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c);
        crypto_generichash_update(&state, &lower, 1);
    }
    if (network) {
        crypto_generichash_update(&state, (const unsigned char *)"", 1);
        crypto_generichash_update(&state, (const unsigned char *)network, strlen(network));
    }
    crypto_generichash_final(&state, key, 32);
}
