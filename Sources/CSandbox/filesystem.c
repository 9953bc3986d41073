// The sandbox program's operations on mounts and files.
//
// Mounts are made detached (fsopen(2), open_tree(2)) and attached to an open directory (move_mount(2)). So they need no
// /proc, and a path is resolved once, inside the container's root: a symbolic link that an image brings along can not
// send a mount elsewhere.
#include "child.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void close_quietly(long descriptor) {
    if (descriptor >= 0) syscall(SYS_close, descriptor);
}

static void name_object(struct child *child, const char *object) {
    child->text = object;
    child->text_size = (uint32_t)strlen(object);
}

// ---- Paths

long open_in_root(struct child *child, const char *path, uint64_t flags) {
    if (child->root < 0) {
        long root = CALL(SYS_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        if (root < 0) return root;
        child->root = (int)root;
    }
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    long opened;
    // EAGAIN: something was renamed while `..` was being resolved, and the kernel could not be sure.
    for (int attempt = 0; attempt < 16; attempt++) {
        opened = CALL(SYS_openat2, child->root, *path ? path : "/", &how, sizeof how);
        if (opened != -EAGAIN) break;
    }
    return opened;
}

/// Appends to a path of at most PATH_MAX bytes. Whether it fitted.
static int append(char *path, const char *piece, size_t length) {
    size_t used = strlen(path);
    if (used + length + 1 > PATH_MAX) return 0;
    memcpy(path + used, piece, length);
    path[used + length] = 0;
    return 1;
}

/// One walk down `path`, making directories. -ELOOP: a link without a target is in the way, and `path` was replaced by
/// where it leads, to be walked again.
static long walk_and_make(struct child *child, char *path, mode_t mode) {
    char made[PATH_MAX] = "", link[PATH_MAX] = "", longer[PATH_MAX] = "";
    long here = open_in_root(child, "/", O_PATH | O_DIRECTORY);
    const char *rest = path;
    while (here >= 0) {
        rest += strspn(rest, "/");
        size_t length = strcspn(rest, "/");
        if (length == 0) return here;
        size_t parent = strlen(made);
        if (!append(made, "/", 1) || !append(made, rest, length)) break;
        const char *name = made + parent + 1;
        rest += length;
        int is_last = rest[strspn(rest, "/")] == 0;

        long next = open_in_root(child, made, O_PATH | O_DIRECTORY);
        if (next == -ENOENT) {
            long done = CALL(SYS_mkdirat, here, name, is_last ? mode : 0755);
            if (done == -EEXIST) {
                long size = CALL(SYS_readlinkat, here, name, link, sizeof link - 1);
                close_quietly(here);
                if (size < 0) return -ENOENT;
                link[size] = 0;
                if (link[0] != '/' && (!append(longer, made, parent) || !append(longer, "/", 1))) return -ENAMETOOLONG;
                if (!append(longer, link, strlen(link)) || !append(longer, rest, strlen(rest))) return -ENAMETOOLONG;
                memcpy(path, longer, sizeof longer);
                return -ELOOP;
            }
            next = done < 0 ? done : open_in_root(child, made, O_PATH | O_DIRECTORY);
        }
        close_quietly(here);
        here = next;
    }
    return here < 0 ? here : (close_quietly(here), -ENAMETOOLONG);
}

long open_directory(struct child *child, const char *path, mode_t mode) {
    name_object(child, path);
    long opened = open_in_root(child, path, O_PATH | O_DIRECTORY);
    if (opened != -ENOENT) return opened;
    char walked[PATH_MAX] = "";
    if (!append(walked, path, strlen(path))) return -ENAMETOOLONG;
    for (int links = 0; links < 16; links++) {
        opened = walk_and_make(child, walked, mode);
        if (opened != -ELOOP) return opened;
    }
    return -ELOOP;
}

/// Opens the directory that holds a path in the root, making it when it is missing, and finds the path's last name.
static long open_parent(struct child *child, const char *path, const char **name) {
    char parent[PATH_MAX] = "";
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (**name == 0) return -EISDIR;
    if (!append(parent, path, slash ? (size_t)(slash - path) : 0)) return -ENAMETOOLONG;
    return open_directory(child, parent, 0755);
}

/// Opens what a mount is to be attached to, making a directory or an empty file when there is nothing.
static long open_target(struct child *child, const char *path, int is_directory) {
    name_object(child, path);
    if (is_directory) return open_directory(child, path, 0755);
    long opened = open_in_root(child, path, O_PATH);
    if (opened != -ENOENT) return opened;
    const char *name;
    long parent = open_parent(child, path, &name);
    name_object(child, path);
    if (parent < 0) return parent;
    opened = CALL(SYS_openat, parent, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755);
    close_quietly(parent);
    return opened;
}

static long is_directory(long descriptor) {
    struct stat status;
    if (fstat((int)descriptor, &status) != 0) return -errno;
    return S_ISDIR(status.st_mode);
}

long write_file(const char *path, const char *contents) {
    long file = CALL(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (file < 0) return file;
    long written = CALL(SYS_write, file, contents, strlen(contents));
    close_quietly(file);
    return written < 0 ? written : 0;
}

// ---- Mounts

static long set_attributes(long mount, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation};
    return CALL(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, &attributes, sizeof attributes);
}

/// A copy of a mount, attached nowhere.
static long clone_mount(long directory, const char *path, unsigned flags) {
    return CALL(SYS_open_tree, directory, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

/// The same for a path in which nothing may be a symbolic link.
static long clone_without_links(const char *path, unsigned flags) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    long opened = CALL(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (opened < 0) return opened;
    long mount = clone_mount(opened, "", AT_EMPTY_PATH | flags);
    close_quietly(opened);
    return mount;
}

/// Attaches a mount to what is open as `target`. Closes both.
static long attach(long mount, long target) {
    long done = target < 0 ? target : mount < 0 ? mount
        : CALL(SYS_move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    close_quietly(mount);
    close_quietly(target);
    return done;
}

/// A new file system, attached nowhere. The options are strings in a row, `key=value` or `key`, ended by an empty one.
static long make_file_system(const char *type, const char *source, const char *options, uint64_t attributes) {
    long context = CALL(SYS_fsopen, type, FSOPEN_CLOEXEC);
    if (context < 0) return context;
    long done = CALL(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", source, 0);
    // As mount(2) does: read-only is a property of the file system and of the mount.
    if (done >= 0 && attributes & MOUNT_ATTR_RDONLY) done = CALL(SYS_fsconfig, context, FSCONFIG_SET_FLAG, "ro", 0, 0);
    for (const char *option = options; done >= 0 && *option; option += strlen(option) + 1) {
        char key[64];
        size_t length = strcspn(option, "=");
        if (length >= sizeof key) {
            done = -EINVAL;
        } else if (option[length] == 0) {
            done = CALL(SYS_fsconfig, context, FSCONFIG_SET_FLAG, option, 0, 0);
        } else {
            memcpy(key, option, length);
            key[length] = 0;
            done = CALL(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, option + length + 1, 0);
        }
    }
    if (done >= 0) done = CALL(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
    if (done >= 0) done = CALL(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
    close_quietly(context);
    return done;
}

long isolate_mounts(struct child *child) {
    name_object(child, "/");
    struct mount_attr attributes = {.propagation = MS_SLAVE};
    return CALL(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof attributes);
}

long attach_root(struct child *child, int mount, const char *directory) {
    name_object(child, directory);
    long done = CALL(SYS_move_mount, mount, "", AT_FDCWD, directory, MOVE_MOUNT_F_EMPTY_PATH);
    if (done >= 0) child->root = mount;
    return done;
}

long enter_root(struct child *child) {
    name_object(child, "/");
    if (child->root < 0) return -EINVAL;
    long done = CALL(SYS_fchdir, child->root);
    // Both arguments are the new root: the old one ends up mounted on top of it, and is taken off from there
    // (pivot_root(2)); no directory of the image is needed for it.
    if (done >= 0) done = CALL(SYS_pivot_root, ".", ".");
    if (done >= 0) done = CALL(SYS_umount2, ".", 2 /* MNT_DETACH */);
    if (done >= 0) done = CALL(SYS_chdir, "/");
    return done;
}

long make_root_read_only(struct child *child) {
    name_object(child, "/");
    long root = open_in_root(child, "/", O_PATH | O_DIRECTORY);
    if (root < 0) return root;
    long done = set_attributes(root, 0, MOUNT_ATTR_RDONLY, 0, 0);
    close_quietly(root);
    return done;
}

long mount_file_system(struct child *child, const struct sandbox_op *op) {
    name_object(child, text(child, op, 2));
    long mount = make_file_system(text(child, op, 0), text(child, op, 1), text(child, op, 3), (uint64_t)op->number[0]);
    return mount < 0 ? mount : attach(mount, open_target(child, text(child, op, 2), 1));
}

long bind_mount(struct child *child, const struct sandbox_op *op) {
    name_object(child, text(child, op, 0));
    uint64_t set = (uint64_t)op->number[0], propagation = (uint64_t)op->number[2];
    unsigned recursive = op->number[1] & 1 ? AT_RECURSIVE : 0;
    long mount = op->number[1] & 2 ? clone_without_links(text(child, op, 0), recursive)
                                   : clone_mount(AT_FDCWD, text(child, op, 0), recursive);
    if (mount < 0) return mount;
    long directory = is_directory(mount), done = directory;
    if (done >= 0 && set != 0)
        done = set_attributes(mount, recursive, set, set & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0, 0);
    if (done >= 0 && propagation != 0)
        done = set_attributes(mount, op->number[3] ? AT_RECURSIVE : 0, 0, 0, propagation);
    if (done < 0) {
        close_quietly(mount);
        return done;
    }
    return attach(mount, open_target(child, text(child, op, 1), (int)directory));
}

long bind_within(struct child *child, const char *source, const char *target) {
    name_object(child, source);
    long from = open_in_root(child, source, O_PATH);
    if (from < 0) return from;
    long directory = is_directory(from);
    long mount = directory < 0 ? directory : clone_mount(from, "", AT_EMPTY_PATH);
    close_quietly(from);
    return mount < 0 ? mount : attach(mount, open_target(child, target, (int)directory));
}

long mask(struct child *child, const char *path) {
    name_object(child, path);
    long target = open_in_root(child, path, O_PATH);
    if (target == -ENOENT || target == -ENOTDIR) return 0;
    if (target < 0) return target;
    long directory = is_directory(target), cover;
    if (directory > 0) {
        if (child->empty_directory < 0) {
            long empty = make_file_system("tmpfs", "tmpfs", "", MOUNT_ATTR_RDONLY);
            if (empty < 0) return close_quietly(target), empty;
            child->empty_directory = (int)empty;
        }
        cover = clone_mount(child->empty_directory, "", AT_EMPTY_PATH);
        // A detached mount can be cloned only since Linux 6.15: before, each directory gets a tmpfs of its own.
        if (cover == -EINVAL) cover = make_file_system("tmpfs", "tmpfs", "", MOUNT_ATTR_RDONLY);
    } else {
        long null = open_in_root(child, "/dev/null", O_PATH);
        cover = null < 0 ? null : clone_mount(null, "", AT_EMPTY_PATH);
        close_quietly(null);
    }
    return attach(cover, target);
}

long make_read_only(struct child *child, const char *path) {
    name_object(child, path);
    long target = open_in_root(child, path, O_PATH);
    if (target == -ENOENT || target == -ENOTDIR) return 0;
    if (target < 0) return target;
    long mount = clone_mount(target, "", AT_EMPTY_PATH | AT_RECURSIVE);
    long done = mount < 0 ? mount : set_attributes(mount, 0, MOUNT_ATTR_RDONLY, 0, 0);
    if (done < 0) {
        close_quietly(mount);
        close_quietly(target);
        return done;
    }
    return attach(mount, target);
}

// ---- Files

long make_device(struct child *child, const struct sandbox_op *op) {
    const char *path = text(child, op, 0), *name;
    name_object(child, path);
    mode_t mode = (mode_t)op->number[0];
    dev_t device = (dev_t)op->number[1];
    long parent = open_parent(child, path, &name);
    name_object(child, path);
    if (parent < 0) return parent;
    long done = CALL(SYS_mknodat, parent, name, mode, device);
    struct stat status;
    if (done == -EEXIST && fstatat((int)parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_rdev == device
        && (status.st_mode & S_IFMT) == (mode & S_IFMT))
        done = CALL(SYS_fchmodat, parent, name, mode & 07777);
    if (done >= 0 && (op->number[2] || op->number[3]))
        done = CALL(SYS_fchownat, parent, name, op->number[2], op->number[3], AT_SYMLINK_NOFOLLOW);
    close_quietly(parent);
    if (done != -EPERM) return done;

    // Not permitted in a user namespace: the machine's own node of the same path, if it is the same device.
    long mount = clone_mount(AT_FDCWD, path, 0);
    if (mount < 0) return -EPERM;
    if (fstat((int)mount, &status) != 0 || status.st_rdev != device) return close_quietly(mount), -EPERM;
    return attach(mount, open_target(child, path, 0));
}

long make_symlink(struct child *child, const char *path, const char *target) {
    const char *name;
    name_object(child, path);
    long parent = open_parent(child, path, &name);
    name_object(child, path);
    if (parent < 0) return parent;
    long done = CALL(SYS_symlinkat, target, parent, name);
    close_quietly(parent);
    return done == -EEXIST ? 0 : done;
}

long open_terminal(struct child *child, unsigned short columns, unsigned short rows) {
    name_object(child, "/dev/pts/ptmx");
    long master = open_in_root(child, "/dev/pts/ptmx", O_RDWR | O_NOCTTY);
    if (master < 0) return master;
    int unlocked = 0;
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    long done = CALL(SYS_ioctl, master, TIOCSPTLCK, &unlocked);
    // The other side is opened through the master, not by a path, so it is the container's for certain.
    long slave = done < 0 ? done : CALL(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave >= 0) done = CALL(SYS_ioctl, slave, TIOCSWINSZ, &size);
    if (slave >= 0 && done >= 0) {
        syscall(SYS_setsid);  // fails only where the child leads a session already
        done = CALL(SYS_ioctl, slave, TIOCSCTTY, 0);
    }
    for (int stream = 0; slave >= 0 && done >= 0 && stream < 3; stream++) done = CALL(SYS_dup3, slave, stream, 0);
    if (slave < 0) done = slave;
    close_quietly(slave);
    if (done < 0) close_quietly(master);
    else child->terminal = (int)master;
    return done;
}
