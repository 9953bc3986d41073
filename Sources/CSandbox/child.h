// What the two halves of the interpreter share. Everything here runs in the cloned child.
#ifndef DRYDOCK_SANDBOX_CHILD_H
#define DRYDOCK_SANDBOX_CHILD_H

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "csandbox.h"

/// The child's state while it runs its program.
struct child {
    const struct sandbox_program *program;
    /// The directory that paths "in the root" start from; -1 until it is known, then the child's own `/`.
    int root;
    /// An empty read-only tmpfs, attached nowhere, whose clones hide directories; -1 until one is needed.
    int empty_directory;
    /// The terminal's master side, to be sent with the next message; -1 when there is none.
    int terminal;
    /// What the next report says: the object of a failure, or what was read.
    const char *text;
    uint32_t text_size;
    /// What the program's process gets as its umask.
    mode_t umask;
    /// Reports that have not been sent yet.
    uint32_t used;
    _Alignas(8) char message[SANDBOX_MESSAGE_SIZE];
    /// Room for what was read back.
    char reading[SANDBOX_TEXT_SIZE];
};

/// A system call's result as the kernel gives it: -errno on failure. errno is the child's own copy.
static inline long result(long value) { return value < 0 ? -errno : value; }
#define CALL(...) result(syscall(__VA_ARGS__))

/// A string of the program's data.
static inline const char *text(const struct child *child, const struct sandbox_op *op, int index) {
    return child->program->data + op->text[index];
}

/// Opens a path in the root: as if the root were `/`, wherever symbolic links of the image point (openat2(2)).
long open_in_root(struct child *child, const char *path, uint64_t flags);
/// Opens a directory in the root, making it and its parents when they are missing.
long open_directory(struct child *child, const char *path, mode_t mode);
/// Writes a whole file. 0 or -errno.
long write_file(const char *path, const char *contents);

// The operations on mounts and files; each returns 0 or more, or -errno with child->text naming the object.
long isolate_mounts(struct child *child);
long attach_root(struct child *child, int mount, const char *directory);
long enter_root(struct child *child);
long make_root_read_only(struct child *child);
long mount_file_system(struct child *child, const struct sandbox_op *op);
long bind_mount(struct child *child, const struct sandbox_op *op);
long bind_within(struct child *child, const char *source, const char *target);
long make_device(struct child *child, const struct sandbox_op *op);
long make_symlink(struct child *child, const char *path, const char *target);
long mask(struct child *child, const char *path);
long make_read_only(struct child *child, const char *path);
long open_terminal(struct child *child, unsigned short columns, unsigned short rows);

#endif
