// The Linux and GNU calls that Swift's Glibc module leaves out, declared so that Swift sees them.
// Nothing here does more than pass its arguments on.
#ifndef DRYDOCK_CLINUX_H
#define DRYDOCK_CLINUX_H

#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>
#include <sys/xattr.h>

/// pipe2(2)
int linux_pipe2(int ends[2], int flags);
/// strerrorname_np(3): "ENOENT", or NULL for a number without a name.
const char *linux_errno_name(int number);
/// accept4(2), without the peer's address.
int linux_accept(int socket, int flags);
/// SO_PEERCRED of a unix socket: process, user and group of the peer (socket(7)).
int linux_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid);
/// openat2(2) with the given open_how: flags, mode and resolve as in linux/openat2.h.
int linux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
/// pidfd_send_signal(2)
int linux_pidfd_send_signal(int pidfd, int signal);
/// A packet socket that takes all frames of an interface of the thread's network namespace (packet(7)).
int linux_capture(const char *interface);
/// How many bytes that were written to a socket its peer has not taken yet (SIOCOUTQ, unix(7) and tcp(7)); -1 on failure.
int linux_socket_unread(int socket);
/// pidfd_open(2)
int linux_pidfd_open(pid_t pid);
/// makedev(3), major(3), minor(3)
uint64_t linux_makedev(uint32_t major, uint32_t minor);
uint32_t linux_major(uint64_t device);
uint32_t linux_minor(uint64_t device);
/// unshare(2)
int linux_unshare(int flags);
/// Makes a child of fork(2) try to become root of a new user namespace, in which it may then make the other kinds of
/// namespaces and mounts. Only the child is changed, and it ends. Any thread may call it.
/// @return 0, or the error number of the first call that failed.
int linux_try_user_namespace(uid_t user, gid_t group);
/// Forks a child that waits for the byte '1' on a pipe and then executes a program; it ends with status 127 when another
/// byte or none comes, or the program can't be executed. For a program with a single thread.
/// @return the child's number, or -1.
pid_t linux_spawn_waiting(const char *program, char *const arguments[], int reading_end, int writing_end);
/// Waits for the end of a child. @return its exit status, 128 + the signal that killed it, or -1.
int linux_wait_status(pid_t child);
/// Brings the loopback interface of the calling thread's network namespace up (netdevice(7)).
int linux_bring_loopback_up(void);
/// setns(2)
int linux_setns(int fd, int kind);
/// gettid(2)
pid_t linux_gettid(void);
/// pthread_setname_np(3) for the calling thread; at most 15 bytes.
int linux_set_thread_name(const char *name);
/// renameat2(2) with RENAME_NOREPLACE.
int linux_rename_noreplace(const char *from, const char *to);
/// renameat2(2) with RENAME_EXCHANGE.
int linux_rename_exchange(const char *from, const char *to);
/// execveat(2) of an open file with the present environment; returns on failure only.
int linux_execute_descriptor(int fd, char *const arguments[]);
/// memfd_create(2), close-on-exec.
int linux_memfd(const char *name);
/// fsopen(2), close-on-exec.
int linux_fsopen(const char *type);
/// fsconfig(2): FSCONFIG_SET_STRING (1) of a key, FSCONFIG_SET_FLAG (0) without a value, or FSCONFIG_CMD_CREATE (6).
int linux_fsconfig(int context, unsigned command, const char *key, const char *value);
/// fsmount(2), close-on-exec, with MOUNT_ATTR_… flags.
int linux_fsmount(int context, unsigned attributes);
/// open_tree(2) with OPEN_TREE_CLONE, close-on-exec: a copy of a mount, attached nowhere.
int linux_clone_mount(const char *path, int is_recursive);
/// mount_setattr(2) of an open mount: MOUNT_ATTR_… flags to set.
int linux_set_mount_attributes(int mount, uint64_t attributes);
/// mount(2) that changes the propagation of all mounts to MS_SLAVE.
int linux_make_mounts_slave(void);
/// mount(2) and umount2(2)
int linux_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options);
int linux_umount(const char *target, int flags);

/// bpf(2), BPF_PROG_LOAD: a program of a type, from `count` instructions of 8 bytes; its descriptor, close-on-exec.
int linux_bpf_load(uint32_t type, const void *instructions, uint32_t count);
/// bpf(2), BPF_PROG_ATTACH: to a cgroup; `replaced` is the descriptor of a program for BPF_F_REPLACE.
int linux_bpf_attach(int cgroup, int program, uint32_t attach_type, uint32_t flags, int replaced);
/// bpf(2), BPF_PROG_QUERY: the identifiers of a cgroup's programs; `count` is the room, then their number.
int linux_bpf_query(int cgroup, uint32_t attach_type, uint32_t *identifiers, uint32_t *count);
/// bpf(2), BPF_PROG_GET_FD_BY_ID
int linux_bpf_program(uint32_t identifier);

/// posix_spawn_file_actions_addchdir_np(3): the child begins in a directory.
int linux_spawn_in_directory(posix_spawn_file_actions_t *actions, const char *path);

/// clone(2) as fork(2) does it, into new namespaces (CLONE_NEW… flags): 0 in the child, its number in the parent.
/// Only for a process that has a single thread.
pid_t linux_fork(uint64_t flags);
/// pivot_root(2)
int linux_pivot_root(const char *new_root, const char *put_old);
/// prctl(2), PR_CAPBSET_DROP of every capability that is not in the mask.
int linux_limit_capabilities(uint64_t bounding);
/// capset(2) of the calling thread: the permitted and effective sets; nothing is inheritable.
int linux_set_capabilities(uint64_t permitted);
/// seccomp(2), SECCOMP_SET_MODE_FILTER: `count` instructions of 8 bytes.
int linux_load_filter(const void *instructions, uint16_t count);

/// statfs(2): the magic number of the file system's type, or -1.
int64_t linux_file_system_magic(const char *path);

#endif
