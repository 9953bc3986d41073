// The sandbox program: what a container's process does between clone(2) and execve(2).
//
// A process of many threads must not run Swift in a forked child: another thread may have held a lock at the moment of
// the fork, and nobody will ever release it in the copy. So the parent compiles the child's work into the flat program
// declared here, before it clones; the child runs it with system calls only (interpreter.c, filesystem.c).
#ifndef DRYDOCK_CSANDBOX_H
#define DRYDOCK_CSANDBOX_H

#include <stdint.h>
#include <sys/types.h>

/// What an operation does; the comment names its arguments: `number[…]`, then `text[…]`.
enum sandbox_code {
    SANDBOX_JOIN_CGROUPS = 1,     ///< number: offset of an array of int32_t descriptors, its length
    SANDBOX_UNSHARE,              ///< number: CLONE_NEW… flag
    SANDBOX_ISOLATE_MOUNTS,       ///< no arguments
    SANDBOX_ATTACH_ROOT,          ///< number: descriptor of a detached mount; text: directory of the machine
    SANDBOX_MOUNT,                ///< number: MOUNT_ATTR_… flags; text: type, source, target, options
    SANDBOX_BIND,                 ///< number: MOUNT_ATTR_… to set, 1 for recursive and 2 for a source without links,
                                  ///< MS_… propagation, that recursive?; text: source, target
    SANDBOX_BIND_WITHIN,          ///< text: source, target
    SANDBOX_MAKE_DIRECTORY,       ///< number: mode; text: path
    SANDBOX_MAKE_DEVICE,          ///< number: type and mode, device number, uid, gid; text: path
    SANDBOX_MAKE_SYMLINK,         ///< text: path, target
    SANDBOX_MASK,                 ///< text: path
    SANDBOX_MAKE_READ_ONLY,       ///< text: path
    SANDBOX_ENTER_ROOT,           ///< no arguments
    SANDBOX_MAKE_ROOT_READ_ONLY,  ///< no arguments
    SANDBOX_SET_HOSTNAME,         ///< text: name
    SANDBOX_SET_DOMAINNAME,       ///< text: name
    SANDBOX_WRITE_FILE,           ///< text: path, contents
    SANDBOX_BRING_LOOPBACK_UP,    ///< no arguments
    SANDBOX_OPEN_TERMINAL,        ///< number: columns, rows
    SANDBOX_NEW_SESSION,          ///< no arguments
    SANDBOX_SET_RESOURCE_LIMIT,   ///< number: resource, soft, hard
    SANDBOX_CHANGE_DIRECTORY,     ///< number: make it when it is missing?; text: path
    SANDBOX_LIMIT_CAPABILITIES,   ///< number: bounding set
    SANDBOX_BECOME_USER,          ///< number: uid, gid, offset of an array of uint32_t groups, its length
    SANDBOX_SET_CAPABILITIES,     ///< number: effective, permitted, inheritable
    SANDBOX_SET_NO_NEW_PRIVILEGES,///< no arguments
    SANDBOX_LOAD_FILTER,          ///< number: offset of an array of struct sock_filter, its length
    SANDBOX_DIE_WITH_ENGINE,      ///< no arguments
    SANDBOX_SET_UMASK,            ///< number: mask
    SANDBOX_READ_BACK,            ///< text: path
    SANDBOX_MEET,                 ///< no arguments
    SANDBOX_EXECUTE,              ///< number: how many paths, arguments, environment entries, offset of room for
                                  ///< pointers to the last two and their two NULLs; text: paths, arguments, environment
};

/// One operation. Texts are offsets into the program's data of NUL-terminated strings, or of several in a row.
struct sandbox_op {
    uint32_t code;
    uint32_t text[4];
    int64_t number[4];
};

/// A namespace to enter before anything else is done (setns(2)).
struct sandbox_join {
    int32_t descriptor;
    int32_t flags;
};

/// A whole program. Nothing in it is freed before the clone has returned in the parent; the child has its own copy.
struct sandbox_program {
    const struct sandbox_op *ops;
    uint32_t op_count;
    /// The data that the operations refer to. It begins with a NUL, so that offset 0 is the empty string.
    char *data;
    /// The child's end of a SOCK_SEQPACKET pair: reports go out, releases (one byte each) come in.
    int32_t channel;
    /// Whether the child waits for a release before each operation.
    int32_t is_gated;
    /// Whether the child hides from the container's processes until exec (PR_SET_DUMPABLE): for one that enters a
    /// running container, whose processes could otherwise trace it and reach what it has inherited.
    int32_t is_hidden;
    /// What becomes descriptors 0, 1 and 2; -1 is /dev/null.
    int32_t streams[3];
    /// Every descriptor that the program refers to, ascending; all others are closed at once.
    const int32_t *kept;
    uint32_t kept_count;
    /// The namespaces to enter first.
    const struct sandbox_join *joins;
    uint32_t join_count;
};

/// How one operation went; its text follows it. One message on the channel carries one or more of these.
struct sandbox_report {
    /// The operation's index in the program; for what precedes the first one, -1 - the index of the failed join, or
    /// SANDBOX_PROLOGUE.
    int32_t index;
    /// 0 or an errno.
    int32_t error;
    /// CLOCK_MONOTONIC time that the operation took.
    uint64_t nanoseconds;
    /// Bytes of text that follow.
    uint32_t size;
    uint32_t padding;
};

/// The index reported when the child could not even begin.
#define SANDBOX_PROLOGUE INT32_MIN
/// A message on the channel is never larger.
#define SANDBOX_MESSAGE_SIZE 16384
/// The longest text of one report.
#define SANDBOX_TEXT_SIZE 8192

/// Clones the calling thread's process (clone3(2), like fork(2)) into new namespaces; the child runs the program.
///
/// @param flags CLONE_NEW… flags.
/// @param cgroup A descriptor of a version 2 cgroup's directory that the child is born in, or -1.
/// @param pidfd Receives a descriptor of the process.
/// @return The process's number, or -errno.
pid_t sandbox_clone(const struct sandbox_program *program, uint64_t flags, int cgroup, int *pidfd);

/// Makes a SOCK_SEQPACKET pair, close-on-exec. 0 or -errno.
int sandbox_channel(int ends[2]);

/// Receives one message of reports, and the descriptor of a terminal if one came along (otherwise -1).
/// @return Bytes received; 0 when the child has closed its end; -errno.
ssize_t sandbox_receive(int channel, void *buffer, size_t size, int *descriptor);

/// Lets a waiting child go on. 0 or -errno.
int sandbox_release(int channel);

/// Reaps an ended child through its pidfd (waitid(2)).
/// @param status Receives the exit status, or the number of the signal that killed it.
/// @return 1 exited, 2 killed by a signal, 0 has not ended yet, -errno.
int sandbox_reap(int pidfd, int *status);

/// A descriptor of the network namespace of a process (PIDFD_GET_NET_NAMESPACE), or -errno.
int sandbox_network_namespace(int pidfd);

#endif
