/* `hmis admin`: accounts from the command line. */
#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "hmis/account.h"

#define DONE      0
#define FAILED    1
#define WRONG_USE 2

static const char usage[] =
    "Usage: hmis admin VERB ...\n"
    "\n"
    "  create-user --username NAME --name \"FULL NAME\" --role ROLE [--area AREA | --facility CODE "
    "...]\n"
    "              [--email ADDRESS] [--mobile NUMBER] [--language en|hi] [--generate | "
    "--password-stdin]\n"
    "  reset-password NAME [--generate | --password-stdin]   also ends the sessions of NAME\n"
    "  disable NAME                                          also ends the sessions of NAME\n"
    "  enable NAME\n"
    "  list                                                  user name, state, role, where, full "
    "name\n"
    "\n"
    "Roles: data_entry and medical_officer are tied to facilities (--facility, several times or "
    "with\n"
    "commas), block, district and state to an area of that level, national to the nation, viewer "
    "to\n"
    "any area. AREA is lgd-<level>-<code>, e.g. lgd-district-745, or the number of an area, or "
    "nation.\n"
    "\n"
    "The password is asked for on the terminal; --password-stdin reads one line from standard "
    "input,\n"
    "--generate makes one and prints it once. It needs 12 to 128 characters.\n";

enum {
    OPT_USERNAME = 1000,
    OPT_NAME,
    OPT_ROLE,
    OPT_AREA,
    OPT_FACILITY,
    OPT_EMAIL,
    OPT_MOBILE,
    OPT_LANGUAGE,
    OPT_GENERATE,
    OPT_STDIN,
    OPT_HELP
};

static const struct option options[] = {
    { "username", required_argument, NULL, OPT_USERNAME },
    { "name", required_argument, NULL, OPT_NAME },
    { "role", required_argument, NULL, OPT_ROLE },
    { "area", required_argument, NULL, OPT_AREA },
    { "facility", required_argument, NULL, OPT_FACILITY },
    { "email", required_argument, NULL, OPT_EMAIL },
    { "mobile", required_argument, NULL, OPT_MOBILE },
    { "language", required_argument, NULL, OPT_LANGUAGE },
    { "generate", no_argument, NULL, OPT_GENERATE },
    { "password-stdin", no_argument, NULL, OPT_STDIN },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

#define FACILITIES_MAX 1000

struct command {
    struct db_pool *pool;
    struct arena *arena;
    const char *verb;
    struct account_new account;
    const char *role;
    const char *facilities[FACILITIES_MAX];
    bool generate, from_stdin;
    char password[PASSWORD_MAX_BYTES + 2];
};

static int tell(const struct problem *p) {
    if (p->field_count == 0) fprintf(stderr, "hmis: %s\n", p->detail);
    for (size_t i = 0; i < p->field_count; i++)
        fprintf(stderr, "hmis: %s: %s\n", p->fields[i].field,
                p->fields[i].detail ? p->fields[i].detail : error_text(p->fields[i].code));
    return FAILED;
}

/* ---- Password. --------------------------------------------------------------------------------
 */

/* One line without its end; false at the end of the file or when it is too long. Byte by byte: what
 * follows the line is not ours. */
static bool read_line(int from, char line[PASSWORD_MAX_BYTES + 2]) {
    size_t length = 0;
    ssize_t got;
    while ((got = read(from, line + length, 1)) == 1 && line[length] != '\n' &&
           line[length] != '\r')
        if (++length > PASSWORD_MAX_BYTES) return false;
    line[length] = '\0';
    return got == 1 || length > 0;
}

static bool ask(int terminal, const char *question, char line[PASSWORD_MAX_BYTES + 2]) {
    struct termios before, silent;
    if (tcgetattr(terminal, &before) != 0) return false;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "%s", question);
    tcsetattr(terminal, TCSAFLUSH, &silent);
    bool read = read_line(terminal, line);
    tcsetattr(terminal, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return read;
}

static bool ask_twice(char line[PASSWORD_MAX_BYTES + 2], struct problem *p) {
    int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC);
    if (terminal < 0)
        return problem_set(p, ERR_INVALID,
                           "There is no terminal to ask for a password: use --password-stdin "
                           "or --generate");
    char again[PASSWORD_MAX_BYTES + 2];
    bool read = ask(terminal, "Password: ", line) && ask(terminal, "The same again: ", again);
    bool same = read && strcmp(line, again) == 0;
    sodium_memzero(again, sizeof again);
    close(terminal);
    if (!read) return problem_set(p, ERR_INVALID, "No password was given");
    return same ? true : problem_set(p, ERR_INVALID, "The two passwords are not the same");
}

static bool get_password(struct command *c, struct problem *p) {
    if (c->generate && c->from_stdin)
        return problem_set(p, ERR_INVALID, "Give --generate or --password-stdin, not both");
    if (c->generate) {
        password_generate(c->password);
        return true;
    }
    if (!c->from_stdin) return ask_twice(c->password, p);
    return read_line(STDIN_FILENO, c->password)
               ? true
               : problem_set(p, ERR_INVALID, "Standard input has no password of at most %d bytes",
                             PASSWORD_MAX_BYTES);
}

static void tell_password(const struct command *c) {
    if (c->generate) printf("password: %s\n", c->password);
}

/* ---- Verbs. -----------------------------------------------------------------------------------
 */

static bool create_user(struct command *c, struct db *db, struct problem *p) {
    int64_t id;
    c->account.role = c->role ? role_parse(c->role) : ROLE_NONE;
    c->account.facilities = c->facilities;
    if (!get_password(c, p)) return false;
    c->account.password = c->password;
    if (!account_create(db, &c->account, &id, c->arena, p)) return false;
    printf("made %s, %s\n", c->account.username, role_title(c->account.role));
    tell_password(c);
    return true;
}

static bool reset_password(struct command *c, struct db *db, struct problem *p) {
    if (!get_password(c, p) ||
        !account_reset_password(db, c->account.username, c->password, c->arena, p))
        return false;
    printf("%s has a new password; open sessions were ended\n", c->account.username);
    tell_password(c);
    return true;
}

static bool set_active(struct command *c, struct db *db, bool active, struct problem *p) {
    if (!account_set_active(db, c->account.username, active, c->arena, p)) return false;
    printf("%s is %s\n", c->account.username,
           active ? "enabled" : "disabled; open sessions were ended");
    return true;
}

static bool disable(struct command *c, struct db *db, struct problem *p) {
    return set_active(c, db, false, p);
}

static bool enable(struct command *c, struct db *db, struct problem *p) {
    return set_active(c, db, true, p);
}

static bool list(struct command *c, struct db *db, struct problem *p) {
    struct db_rows *rows;
    if (!db_once(db, &scope_system, DB_READ, Q_ACCOUNT_LIST, DB_NO_ARGS, c->arena, &rows, p))
        return false;
    for (int i = 0; i < db_count(rows); i++) {
        bool active = db_bool(rows, i, 2) && (db_is_null(rows, i, 4) || db_bool(rows, i, 4));
        const char *role = db_text(rows, i, 3), *area = db_text(rows, i, 5);
        if (!area && role) area = arena_printf(c->arena, "%d facilities", (int)db_int(rows, i, 6));
        printf("%s\t%s\t%s\t%s\t%s\n", db_text(rows, i, 0), active ? "active" : "disabled",
               role ? role : "-", area ? area : "-", db_text(rows, i, 1));
    }
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct command *c, struct db *db, struct problem *p);
    bool named; /* takes the user name as its word */
} verbs[] = {
    { "create-user", create_user, false },
    { "reset-password", reset_password, true },
    { "disable", disable, true },
    { "enable", enable, true },
    { "list", list, false },
};

/* ---- Flags. -----------------------------------------------------------------------------------
 */

static bool add_facilities(struct command *c, const char *codes) {
    for (const char *at = codes; *at; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ", ");
        if (length && c->account.facility_count == FACILITIES_MAX) return false;
        if (length)
            c->facilities[c->account.facility_count++] = arena_strndup(c->arena, at, length);
        at += length;
    }
    return true;
}

static bool take_flag(struct command *c, int flag) {
    switch (flag) {
    case OPT_USERNAME:
        c->account.username = optarg;
        return true;
    case OPT_NAME:
        c->account.full_name = optarg;
        return true;
    case OPT_ROLE:
        c->role = optarg;
        return true;
    case OPT_AREA:
        c->account.area = optarg;
        return true;
    case OPT_FACILITY:
        return add_facilities(c, optarg);
    case OPT_EMAIL:
        c->account.email = optarg;
        return true;
    case OPT_MOBILE:
        c->account.mobile = optarg;
        return true;
    case OPT_LANGUAGE:
        c->account.language = optarg;
        return true;
    case OPT_GENERATE:
        return c->generate = true;
    case OPT_STDIN:
        return c->from_stdin = true;
    default:
        return false;
    }
}

/* -1: go on; else the exit status. */
static int read_flags(struct command *c, int argc, char **argv, bool named) {
    optind = 0;
    for (int flag; (flag = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (flag == OPT_HELP) return fputs(usage, stdout), DONE;
        if (!take_flag(c, flag)) return fputs(usage, stderr), WRONG_USE;
    }
    if (named && optind < argc) c->account.username = argv[optind++];
    if (optind < argc)
        return fprintf(stderr, "hmis: %s is not understood here\n", argv[optind]), WRONG_USE;
    if (named && !c->account.username)
        return fprintf(stderr, "hmis: whose account?\n%s", usage), WRONG_USE;
    return -1;
}

static int run_verb(struct command *c,
                    bool (*run)(struct command *, struct db *, struct problem *)) {
    struct problem p = { 0 };
    struct db *db = db_take(c->pool, &p);
    bool done = db && run(c, db, &p);
    db_give(db);
    return done ? DONE : tell(&p);
}

int account_command(struct db_pool *pool, int argc, char **argv) {
    if (argc < 1 || text_equal(argv[0], "--help") || text_equal(argv[0], "help"))
        return fputs(usage, argc < 1 ? stderr : stdout), argc < 1 ? WRONG_USE : DONE;
    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (!text_equal(verbs[i].name, argv[0])) continue;
        struct command c = { .pool = pool, .arena = arena_new(), .verb = argv[0] };
        int status = read_flags(&c, argc, argv, verbs[i].named);
        if (status < 0) status = run_verb(&c, verbs[i].run);
        sodium_memzero(c.password, sizeof c.password);
        arena_free(c.arena);
        return status;
    }
    fprintf(stderr, "hmis: there is no admin verb %s\n%s", argv[0], usage);
    return WRONG_USE;
}
