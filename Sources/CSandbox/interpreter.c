// The loop that runs a sandbox program in the cloned child, its reports, and the operations on the process itself.
//
// Only system calls are used, and functions of the C library that neither lock nor allocate. The child has its own copy
// of the parent's memory, and is its only thread.
#include "child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

static _Noreturn void leave(int status) {
    for (;;) syscall(SYS_exit_group, status);
}

// ---- Reports

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/// Sends the reports collected so far, with the terminal if one was opened.
static void flush(struct child *child) {
    if (child->used == 0) return;
    long sent;
    if (child->terminal < 0) {
        do sent = CALL(SYS_write, child->program->channel, child->message, child->used);
        while (sent == -EINTR);
    } else {
        char control[CMSG_SPACE(sizeof(int))] = {0};
        struct iovec piece = {.iov_base = child->message, .iov_len = child->used};
        struct msghdr message = {
            .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &child->terminal, sizeof(int));
        do sent = CALL(SYS_sendmsg, child->program->channel, &message, 0);
        while (sent == -EINTR);
        syscall(SYS_close, child->terminal);
        child->terminal = -1;
    }
    if (sent < 0) leave(127);  // nobody listens any more
    child->used = 0;
}

/// Collects a report. They are sent together, because each message would wake the engine for a few microseconds.
static void report(struct child *child, int32_t index, long outcome, uint64_t nanoseconds) {
    uint32_t size = child->text_size < SANDBOX_TEXT_SIZE ? child->text_size : SANDBOX_TEXT_SIZE;
    struct sandbox_report header = {
        .index = index, .error = outcome < 0 ? (int32_t)-outcome : 0, .nanoseconds = nanoseconds, .size = size};
    uint32_t needed = (uint32_t)sizeof header + (size + 7) / 8 * 8;
    if (child->used + needed > sizeof child->message) flush(child);
    memcpy(child->message + child->used, &header, sizeof header);
    memcpy(child->message + child->used + sizeof header, child->text, size);
    child->used += needed;
}

/// Waits for a release; ends when the engine has gone.
static void wait_for_release(struct child *child) {
    char byte;
    long received;
    flush(child);
    do received = CALL(SYS_read, child->program->channel, &byte, 1);
    while (received == -EINTR);
    if (received != 1) leave(127);
}

// ---- Operations on the process

static long join_cgroups(const int32_t *descriptors, int64_t count) {
    for (int64_t index = 0; index < count; index++) {
        long written = CALL(SYS_write, descriptors[index], "0", 1);
        if (written < 0) return written;
    }
    return 0;
}

static long bring_loopback_up(void) {
    long socket = CALL(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return socket;
    struct ifreq request = {.ifr_name = "lo"};
    long done = CALL(SYS_ioctl, socket, SIOCGIFFLAGS, &request);
    request.ifr_flags |= IFF_UP;
    if (done >= 0) done = CALL(SYS_ioctl, socket, SIOCSIFFLAGS, &request);
    syscall(SYS_close, socket);
    return done;
}

static long change_directory(struct child *child, const char *path, int create) {
    child->text = path;
    child->text_size = (uint32_t)strlen(path);
    long directory = create ? open_directory(child, path, 0755) : open_in_root(child, path, O_PATH | O_DIRECTORY);
    if (directory < 0) return directory;
    long done = CALL(SYS_fchdir, directory);
    syscall(SYS_close, directory);
    return done;
}

static long limit_capabilities(uint64_t bounding) {
    for (int capability = 0; capability < 64; capability++) {
        if (bounding >> capability & 1) continue;
        long done = CALL(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
        if (done == -EINVAL) break;  // past the last one that this kernel knows
        if (done < 0) return done;
    }
    return CALL(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static long become_user(uint32_t uid, uint32_t gid, const uint32_t *groups, int64_t count) {
    long done = CALL(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (done >= 0 && count >= 0) done = CALL(SYS_setgroups, count, groups);
    if (done >= 0) done = CALL(SYS_setresgid, gid, gid, gid);
    if (done >= 0) done = CALL(SYS_setresuid, uid, uid, uid);
    return done;
}

static long set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)}};
    return CALL(SYS_capset, &header, sets);
}

static long load_filter(const void *instructions, int64_t count) {
    struct sock_fprog filter = {.len = (unsigned short)count, .filter = (struct sock_filter *)instructions};
    return CALL(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

static long die_with_engine(struct child *child) {
    long done = CALL(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // The engine may have died before the request: then its end of the channel is closed. (Its number can not be asked
    // for: in a PID namespace of its own, the child's parent is always 0.)
    struct pollfd channel = {.fd = child->program->channel, .events = POLLIN};
    struct timespec none = {0, 0};
    if (done >= 0 && CALL(SYS_ppoll, &channel, 1, &none, NULL, 0) > 0 && channel.revents & POLLHUP) leave(127);
    return done;
}

static long read_back(struct child *child, const char *path) {
    child->text = path;
    child->text_size = (uint32_t)strlen(path);
    long file = CALL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return file;
    uint32_t used = 0;
    long count = 0;
    while (used < sizeof child->reading
           && (count = CALL(SYS_read, file, child->reading + used, sizeof child->reading - used)) > 0)
        used += (uint32_t)count;
    syscall(SYS_close, file);
    if (count < 0) return count;
    child->text = child->reading;
    child->text_size = used;
    return 0;
}

/// Points into strings that stand in a row. Returns the place after the last pointer and its NULL.
static char **point_at_strings(char **pointers, char *strings, int64_t count) {
    for (int64_t index = 0; index < count; index++, strings += strlen(strings) + 1) *pointers++ = strings;
    *pointers++ = NULL;
    return pointers;
}

/// Runs the first candidate that exists and can be run. As a shell does it: a file that may not be run is passed over,
/// but remembered; a file that is there and fails otherwise ends the search.
static long execute(struct child *child, const struct sandbox_op *op) {
    char *data = child->program->data;
    char **arguments = (char **)(data + op->number[3]);
    char **environment = point_at_strings(arguments, data + op->text[1], op->number[1]);
    point_at_strings(environment, data + op->text[2], op->number[2]);

    syscall(SYS_umask, child->umask);
    syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    char *path = data + op->text[0];
    long worst = -ENOENT;
    child->text = path;
    for (int64_t index = 0; index < op->number[0]; index++, path += strlen(path) + 1) {
        long outcome = CALL(SYS_execve, path, arguments, environment);
        if (outcome == -EACCES) {
            if (worst == -ENOENT) child->text = path;
            worst = -EACCES;
            continue;
        }
        if (outcome == -ENOTDIR) continue;
        // ENOENT of a file that exists is about its interpreter.
        if (outcome == -ENOENT && CALL(SYS_faccessat, AT_FDCWD, path, F_OK) < 0) continue;
        child->text = path;
        worst = outcome;
        break;
    }
    child->text_size = (uint32_t)strlen(child->text);
    return worst;
}

// ---- The loop

static long perform(struct child *child, const struct sandbox_op *op) {
    const int64_t *number = op->number;
    char *data = child->program->data;
    child->text = text(child, op, 0);
    child->text_size = (uint32_t)strlen(child->text);
    switch ((enum sandbox_code)op->code) {
    case SANDBOX_JOIN_CGROUPS: return join_cgroups((const int32_t *)(data + number[0]), number[1]);
    case SANDBOX_UNSHARE: return CALL(SYS_unshare, number[0]);
    case SANDBOX_ISOLATE_MOUNTS: return isolate_mounts(child);
    case SANDBOX_ATTACH_ROOT: return attach_root(child, (int)number[0], text(child, op, 0));
    case SANDBOX_MOUNT: return mount_file_system(child, op);
    case SANDBOX_BIND: return bind_mount(child, op);
    case SANDBOX_BIND_WITHIN: return bind_within(child, text(child, op, 0), text(child, op, 1));
    case SANDBOX_MAKE_DIRECTORY: {
        long directory = open_directory(child, text(child, op, 0), (mode_t)number[0]);
        if (directory >= 0) syscall(SYS_close, directory);
        return directory;
    }
    case SANDBOX_MAKE_DEVICE: return make_device(child, op);
    case SANDBOX_MAKE_SYMLINK: return make_symlink(child, text(child, op, 0), text(child, op, 1));
    case SANDBOX_MASK: return mask(child, text(child, op, 0));
    case SANDBOX_MAKE_READ_ONLY: return make_read_only(child, text(child, op, 0));
    case SANDBOX_ENTER_ROOT: return enter_root(child);
    case SANDBOX_MAKE_ROOT_READ_ONLY: return make_root_read_only(child);
    case SANDBOX_SET_HOSTNAME: return CALL(SYS_sethostname, text(child, op, 0), child->text_size);
    case SANDBOX_SET_DOMAINNAME: return CALL(SYS_setdomainname, text(child, op, 0), child->text_size);
    case SANDBOX_WRITE_FILE: return write_file(text(child, op, 0), text(child, op, 1));
    case SANDBOX_BRING_LOOPBACK_UP: return bring_loopback_up();
    case SANDBOX_OPEN_TERMINAL: return open_terminal(child, (unsigned short)number[0], (unsigned short)number[1]);
    case SANDBOX_NEW_SESSION: return CALL(SYS_setsid);
    case SANDBOX_SET_RESOURCE_LIMIT: {
        struct rlimit limit = {.rlim_cur = (rlim_t)number[1], .rlim_max = (rlim_t)number[2]};
        return CALL(SYS_prlimit64, 0, number[0], &limit, NULL);
    }
    case SANDBOX_CHANGE_DIRECTORY: return change_directory(child, text(child, op, 0), number[0] != 0);
    case SANDBOX_LIMIT_CAPABILITIES: return limit_capabilities((uint64_t)number[0]);
    case SANDBOX_BECOME_USER:
        return become_user((uint32_t)number[0], (uint32_t)number[1], (const uint32_t *)(data + number[2]), number[3]);
    case SANDBOX_SET_CAPABILITIES:
        return set_capabilities((uint64_t)number[0], (uint64_t)number[1], (uint64_t)number[2]);
    case SANDBOX_SET_NO_NEW_PRIVILEGES: return CALL(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case SANDBOX_LOAD_FILTER: return load_filter(data + number[0], number[1]);
    case SANDBOX_DIE_WITH_ENGINE: return die_with_engine(child);
    case SANDBOX_SET_UMASK: child->umask = (mode_t)number[0]; return 0;
    case SANDBOX_READ_BACK: return read_back(child, text(child, op, 0));
    case SANDBOX_MEET: return 0;
    case SANDBOX_EXECUTE: flush(child); return execute(child, op);
    }
    return -ENOSYS;
}

static void reset_signals(void) {
    // The layout of the kernel's struct sigaction differs between architectures; all zeros is SIG_DFL in each.
    char defaults[64] = {0};
    uint64_t none = 0;
    for (int number = 1; number <= 64; number++) syscall(SYS_rt_sigaction, number, defaults, NULL, sizeof none);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

/// Closes every inherited descriptor that the program does not refer to: what the engine holds open for others, such
/// as the ends of their pipes, must not live on in this child while it waits.
static void close_others(const struct sandbox_program *program) {
    unsigned first = 3;
    for (uint32_t index = 0; index < program->kept_count; index++) {
        unsigned kept = (unsigned)program->kept[index];
        if (kept > first) syscall(SYS_close_range, first, kept - 1, 0);
        if (kept >= first) first = kept + 1;
    }
    syscall(SYS_close_range, first, ~0U, 0);
}

static long connect_streams(const struct sandbox_program *program) {
    int copies[3];
    for (int stream = 0; stream < 3; stream++) {
        int wanted = program->streams[stream];
        // Copied out of the way first, because one stream's number may be another's source.
        long copy = wanted < 0 ? CALL(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0)
                               : CALL(SYS_fcntl, wanted, F_DUPFD_CLOEXEC, 3);
        if (copy >= 0 && copy < 3) copy = CALL(SYS_fcntl, copy, F_DUPFD_CLOEXEC, 3);
        if (copy < 0) return copy;
        copies[stream] = (int)copy;
    }
    for (int stream = 0; stream < 3; stream++) {
        long done = CALL(SYS_dup3, copies[stream], stream, 0);
        if (done < 0) return done;
    }
    for (int stream = 0; stream < 3; stream++) syscall(SYS_close, copies[stream]);
    return 0;
}

static _Noreturn void fail(struct child *child, int32_t index, long outcome, uint64_t nanoseconds) {
    report(child, index, outcome, nanoseconds);
    flush(child);
    leave(127);
}

static _Noreturn void run(const struct sandbox_program *program) {
    struct child child = {
        .program = program, .root = -1, .empty_directory = -1, .terminal = -1, .text = "", .umask = 022};
    if (program->is_hidden) syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    reset_signals();
    close_others(program);
    syscall(SYS_umask, 0);  // so that modes are exactly what the operations say
    long outcome = connect_streams(program);
    if (outcome < 0) fail(&child, SANDBOX_PROLOGUE, outcome, 0);
    for (uint32_t index = 0; index < program->join_count; index++) {
        outcome = CALL(SYS_setns, program->joins[index].descriptor, program->joins[index].flags);
        if (outcome < 0) fail(&child, -1 - (int32_t)index, outcome, 0);
    }
    for (uint32_t index = 0; index < program->op_count; index++) {
        if (program->is_gated) wait_for_release(&child);
        uint64_t start = now();
        outcome = perform(&child, &program->ops[index]);
        uint64_t elapsed = now() - start;
        if (outcome < 0) fail(&child, (int32_t)index, outcome, elapsed);
        if (program->ops[index].code != SANDBOX_READ_BACK) child.text_size = 0;
        report(&child, (int32_t)index, 0, elapsed);
        if (child.terminal >= 0) flush(&child);
        if (program->ops[index].code == SANDBOX_MEET) wait_for_release(&child);
    }
    flush(&child);
    leave(0);
}

pid_t sandbox_clone(const struct sandbox_program *program, uint64_t flags, int cgroup, int *pidfd) {
    struct clone_args arguments = {
        .flags = flags | CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };
    long pid = CALL(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) run(program);
    return (pid_t)pid;
}
