#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

int linux_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }
const char *linux_errno_name(int number) { return strerrorname_np(number); }
int linux_accept(int socket, int flags) { return accept4(socket, NULL, NULL, flags); }

int linux_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int linux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int linux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}
int linux_socket_unread(int socket) {
    int count;
    return ioctl(socket, SIOCOUTQ, &count) == 0 ? count : -1;
}
int linux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
uint64_t linux_makedev(uint32_t major_number, uint32_t minor_number) { return makedev(major_number, minor_number); }
uint32_t linux_major(uint64_t device) { return major(device); }
uint32_t linux_minor(uint64_t device) { return minor(device); }
int linux_unshare(int flags) { return unshare(flags); }

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t written = write(file, text, strlen(text));
    int code = errno;
    close(file);
    errno = code;
    return written < 0 ? -1 : 0;
}
/// In a child that shares nothing with its parent: only calls that are safe after fork(2) of a process with threads.
static int become_root(const char *user_map, const char *group_map) {
    if (unshare(CLONE_NEWUSER) != 0) return -1;
    if (write_file("/proc/self/setgroups", "deny") != 0 && errno != ENOENT) return -1;
    if (write_file("/proc/self/gid_map", group_map) != 0 || write_file("/proc/self/uid_map", user_map) != 0) return -1;
    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC) != 0) return -1;
    return linux_make_mounts_slave();
}
int linux_try_user_namespace(uid_t user, gid_t group) {
    char user_map[32], group_map[32];
    snprintf(user_map, sizeof user_map, "0 %u 1\n", user);
    snprintf(group_map, sizeof group_map, "0 %u 1\n", group);
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) _exit(become_root(user_map, group_map) == 0 ? 0 : errno);
    int status = linux_wait_status(child);
    return status < 0 ? errno : status;
}
pid_t linux_spawn_waiting(const char *program, char *const arguments[], int reading_end, int writing_end) {
    pid_t child = fork();
    if (child != 0) return child;
    close(writing_end);
    char byte = 0;
    if (read(reading_end, &byte, 1) == 1 && byte == '1') execv(program, arguments);
    _exit(127);
}
int linux_wait_status(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int linux_setns(int fd, int kind) { return setns(fd, kind); }
pid_t linux_gettid(void) { return gettid(); }
int linux_set_thread_name(const char *name) { return pthread_setname_np(pthread_self(), name); }
int linux_rename_noreplace(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}
int linux_rename_exchange(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE);
}

int linux_execute_descriptor(int fd, char *const arguments[]) {
    return execveat(fd, "", arguments, environ, AT_EMPTY_PATH);
}
int linux_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
// The C library has wrappers for these since 2.36 only.
int linux_fsopen(const char *type) { return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC); }
int linux_fsconfig(int context, unsigned command, const char *key, const char *value) {
    return (int)syscall(SYS_fsconfig, context, command, key, value, 0);
}
int linux_fsmount(int context, unsigned attributes) {
    return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}
int linux_clone_mount(const char *path, int is_recursive) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (is_recursive ? AT_RECURSIVE : 0);
    return (int)syscall(SYS_open_tree, AT_FDCWD, path, flags);
}
int linux_set_mount_attributes(int mount, uint64_t attributes) {
    struct mount_attr change = {.attr_set = attributes};
    return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &change, sizeof change);
}
int linux_make_mounts_slave(void) { return (int)syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_SLAVE, NULL); }
int linux_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options) {
    return (int)syscall(SYS_mount, source, target, type, flags, options);
}
int linux_umount(const char *target, int flags) { return (int)syscall(SYS_umount2, target, flags); }

static int bpf(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}
int linux_bpf_load(uint32_t type, const void *instructions, uint32_t count) {
    union bpf_attr attributes = {0};
    attributes.prog_type = type;
    attributes.insns = (uintptr_t)instructions;
    attributes.insn_cnt = count;
    attributes.license = (uintptr_t)"Apache-2.0";
    return bpf(BPF_PROG_LOAD, &attributes);
}
int linux_bpf_attach(int cgroup, int program, uint32_t attach_type, uint32_t flags, int replaced) {
    union bpf_attr attributes = {0};
    attributes.target_fd = cgroup;
    attributes.attach_bpf_fd = program;
    attributes.attach_type = attach_type;
    attributes.attach_flags = flags;
    attributes.replace_bpf_fd = replaced;
    return bpf(BPF_PROG_ATTACH, &attributes);
}
int linux_bpf_query(int cgroup, uint32_t attach_type, uint32_t *identifiers, uint32_t *count) {
    union bpf_attr attributes = {0};
    attributes.query.target_fd = cgroup;
    attributes.query.attach_type = attach_type;
    attributes.query.prog_ids = (uintptr_t)identifiers;
    attributes.query.prog_cnt = *count;
    int result = bpf(BPF_PROG_QUERY, &attributes);
    *count = attributes.query.prog_cnt;
    return result;
}
int linux_bpf_program(uint32_t identifier) {
    union bpf_attr attributes = {0};
    attributes.prog_id = identifier;
    return bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
}

int64_t linux_file_system_magic(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (int64_t)(uint32_t)status.f_type : -1;
}

int linux_spawn_in_directory(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

int linux_bring_loopback_up(void) {
    int number = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (number < 0) return -1;
    struct ifreq request = {.ifr_name = "lo"};
    int result = ioctl(number, SIOCGIFFLAGS, &request);
    request.ifr_flags |= IFF_UP;
    if (result == 0) result = ioctl(number, SIOCSIFFLAGS, &request);
    int code = errno;
    close(number);
    errno = code;
    return result;
}

int linux_capture(const char *interface) {
    struct sockaddr_ll place = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    place.sll_ifindex = (int)if_nametoindex(interface);
    if (place.sll_ifindex == 0) return -1;
    // Without a protocol nothing arrives before it is bound to the one interface.
    int number = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (number < 0) return -1;
    // Promiscuous, as long as the socket is open: a bridge shows itself only then what passes between its ports.
    struct packet_mreq all = {.mr_ifindex = place.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    if (bind(number, (struct sockaddr *)&place, sizeof place) == 0 &&
        setsockopt(number, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) == 0)
        return number;
    int reason = errno;
    close(number);
    errno = reason;
    return -1;
}

pid_t linux_fork(uint64_t flags) { return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL); }
int linux_pivot_root(const char *new_root, const char *put_old) {
    return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int linux_limit_capabilities(uint64_t bounding) {
    for (int capability = 0; capability < 64; capability++) {
        if (bounding >> capability & 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno == EINVAL ? 0 : -1;
    }
    return 0;
}

int linux_set_capabilities(uint64_t permitted) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    uint32_t low = (uint32_t)permitted, high = (uint32_t)(permitted >> 32);
    struct __user_cap_data_struct sets[2] = {{.effective = low, .permitted = low}, {.effective = high, .permitted = high}};
    return (int)syscall(SYS_capset, &header, sets);
}

int linux_load_filter(const void *instructions, uint16_t count) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
