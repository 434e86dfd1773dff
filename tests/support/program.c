#include "program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

struct program program_run(const char *const argv[], bool errors_too) {
    struct program program;
    posix_spawn_file_actions_t actions;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (errors_too) posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    assert_int_equal(
        posix_spawnp(&program.pid, argv[0], &actions, NULL, (char *const *)argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    program.said = fdopen(ends[0], "r");
    assert_non_null(program.said);
    return program;
}

int program_end(struct program *program) {
    int status;
    fclose(program->said);
    assert_int_equal(waitpid(program->pid, &status, 0), program->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int program_outcome(const char *const argv[], char said[PROGRAM_SAID]) {
    struct program program = program_run(argv, true);
    size_t length = fread(said, 1, PROGRAM_SAID - 1, program.said);
    said[length] = '\0';
    return program_end(&program);
}
