// The engine's side: the channel to a child that runs its program, and the child's end.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "csandbox.h"

// linux/pidfd.h of Linux 6.11; older headers lack it.
#ifndef PIDFD_GET_NET_NAMESPACE
#define PIDFD_GET_NET_NAMESPACE _IO(0xFF, 4)
#endif

// P_PIDFD of waitid(2); the C library names it since 2.36.
static const idtype_t process_descriptor = (idtype_t)3;

int sandbox_channel(int ends[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : -errno;
}

ssize_t sandbox_receive(int channel, void *buffer, size_t size, int *descriptor) {
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec piece = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t received;
    *descriptor = -1;
    do {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        received = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
        // ECONNRESET: the child ended with a release unread. What it had sent before can still be received.
    } while (received < 0 && (errno == EINTR || errno == ECONNRESET));
    if (received < 0) return -errno;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (received > 0 && header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(header), sizeof(int));
    return received;
}

int sandbox_release(int channel) {
    ssize_t sent;
    do sent = send(channel, "", 1, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == 1 ? 0 : -errno;
}

int sandbox_reap(int pidfd, int *status) {
    siginfo_t end = {0};
    if (waitid(process_descriptor, (id_t)pidfd, &end, WEXITED | WNOHANG) != 0) return -errno;
    if (end.si_pid == 0) return 0;
    *status = end.si_status;
    return end.si_code == CLD_EXITED ? 1 : 2;
}

int sandbox_network_namespace(int pidfd) {
    int descriptor = ioctl(pidfd, PIDFD_GET_NET_NAMESPACE, 0);
    return descriptor >= 0 ? descriptor : -errno;
}
