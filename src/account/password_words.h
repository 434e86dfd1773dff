/* password_words: what passwords in India and in health offices are commonly made of. NULL-ended.
 */
#ifndef HMIS_ACCOUNT_PASSWORD_WORDS_H
#define HMIS_ACCOUNT_PASSWORD_WORDS_H

extern const char *const password_words[];

#endif
