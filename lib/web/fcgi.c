#include "web/fcgi.h"
#include "base/log.h"
#include "web/prefork.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, DRAIN_BYTES_MAX = 1024 * 1024 };

void
http_init(void)
{
	/* FCGX_Finish_r waits this long (ms) for nginx to close; its own default is two seconds. */
	(void)setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "100", 0);
	(void)FCGX_Init();
	prefork_signals(); /* after FCGX_Init, which installs handlers of its own */
}

void
http_prepare(struct http *c, int listener)
{
	(void)FCGX_InitRequest(&c->fcgi, listener, FCGI_FAIL_ACCEPT_ON_INTR);
	c->fd = -1;
}

/* After FCGX_Accept_r gave status. */
static int
taken(struct http *c, int status)
{
	c->fd = status == 0 ? c->fcgi.ipcFd : -1;
	params_read(c->params, status == 0 ? (const char *const *)c->fcgi.envp : NULL);
	return status;
}

/*
 * libfcgi waits by select for the first bytes of a connection it has accepted, and drops the connection when
 * a signal interrupts that: signals wait until the request is read.
 */
int
http_accept(struct http *c)
{
	sigset_t all, before;
	int status;

	prefork_took();
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	status = FCGX_Accept_r(&c->fcgi);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return taken(c, status);
}

int
http_next(struct http *c)
{
	int listener = c->fcgi.listen_sock, status;

	/* When the peer has gone, FCGX_Accept_r would go on to the listener: it must not. */
	c->fcgi.listen_sock = -1;
	status = FCGX_Accept_r(&c->fcgi);
	c->fcgi.listen_sock = listener;
	return taken(c, status);
}

/* What the client sent and nobody read would be taken for the next request. False: too much. */
static bool
drain(struct http *c)
{
	char rest[256]; /* there hardly ever is one */
	size_t total = 0, got;

	while ((got = http_read(c, rest, sizeof(rest))) > 0)
		if ((total += got) > DRAIN_BYTES_MAX)
			return false;
	return true;
}

bool
http_finish(struct http *c, bool close)
{
	if (close || !drain(c))
		c->fcgi.keepConnection = 0;
	FCGX_Finish_r(&c->fcgi);
	prefork_answered();
	c->fd = c->fcgi.ipcFd;
	return c->fd >= 0;
}

void
http_drop(struct http *c)
{
	FCGX_Free(&c->fcgi, 1);
	c->fd = -1;
}

size_t
http_read(struct http *c, char *bytes, size_t size)
{
	int got = FCGX_GetStr(bytes, (int)size, c->fcgi.in);

	return got > 0 ? (size_t)got : 0;
}

bool
http_write(struct http *c, const char *bytes, size_t len)
{
	return FCGX_PutStr(bytes, (int)len, c->fcgi.out) == (int)len;
}

void
http_frame_head(const struct http *c, size_t len, uint8_t head[HTTP_FRAME_HEAD_SIZE])
{
	enum { VERSION = 1, STDOUT = 6 };

	assert(len <= HTTP_FRAME_MAX);
	head[0] = VERSION;
	head[1] = STDOUT;
	head[2] = (uint8_t)(c->fcgi.requestId >> 8);
	head[3] = (uint8_t)c->fcgi.requestId;
	head[4] = (uint8_t)(len >> 8);
	head[5] = (uint8_t)len;
	head[6] = head[7] = 0; /* no padding */
}

/* An empty frame ends the output; END_REQUEST says that the request was complete, status 0. */
void
http_frame_end(const struct http *c, uint8_t bytes[HTTP_FRAME_END_SIZE])
{
	enum { END_REQUEST = 3, BODY_SIZE = 8 };

	memset(bytes, 0, HTTP_FRAME_END_SIZE);
	http_frame_head(c, 0, bytes);
	http_frame_head(c, BODY_SIZE, bytes + HTTP_FRAME_HEAD_SIZE);
	bytes[HTTP_FRAME_HEAD_SIZE + 1] = END_REQUEST;
}

void
http_shrink(struct http *c)
{
	FCGX_FreeStream(&c->fcgi.in);
	FCGX_FreeStream(&c->fcgi.out);
	FCGX_FreeStream(&c->fcgi.err);
}

/* All of them, as few calls as it takes. parts are used up. False: the peer has gone. */
static bool
send_parts(int fd, struct iovec *parts, size_t count)
{
	while (count > 0) {
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
		ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		for (; count > 0 && (size_t)sent >= parts->iov_len; parts++, count--)
			sent -= (ssize_t)parts->iov_len;
		if (count > 0) {
			parts->iov_base = (char *)parts->iov_base + sent;
			parts->iov_len -= (size_t)sent;
		}
	}
	return true;
}

/* In frames, for a request without its streams. */
static void
reply_frames(struct http *c, const char *bytes, size_t len)
{
	uint8_t head[HTTP_FRAME_HEAD_SIZE], end[HTTP_FRAME_END_SIZE];
	bool sent = true;

	http_frame_end(c, end);
	while (sent && len > 0) {
		size_t part = len < HTTP_FRAME_MAX ? len : HTTP_FRAME_MAX;
		struct iovec parts[] = { { head, sizeof(head) }, { (void *)(uintptr_t)bytes, part },
			{ end, sizeof(end) } };

		http_frame_head(c, part, head);
		bytes += part;
		len -= part;
		sent = send_parts(c->fd, parts, len > 0 ? 2 : 3);
	}
	http_leave(c);
}

void
http_reply(struct http *c, const char *bytes, size_t len)
{
	if (c->fcgi.out == NULL) {
		reply_frames(c, bytes, len);
		return;
	}
	(void)http_write(c, bytes, len);
	(void)http_finish(c, true);
}

void
http_leave(struct http *c)
{
	char rest[512];

	/* Unread bytes would make the kernel reset the connection, and lose what is on its way. */
	while (recv(c->fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	c->fcgi.detached = 1; /* or libfcgi waits for nginx to close */
	prefork_answered();
	http_drop(c);
}

static bool
address_set(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path)) {
		log_error("the socket's path is too long", LOG_STR("socket", path));
		return false;
	}
	memcpy(address->sun_path, path, strlen(path) + 1);
	return true;
}

/* Somebody answers on this socket file. */
static bool
is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive = fd >= 0 &&
	    connect(fd, (const struct sockaddr *)(const void *)address, sizeof(*address)) == 0;

	if (fd >= 0)
		(void)close(fd);
	return alive;
}

int
http_listen(const char *path)
{
	struct sockaddr_un address;
	int fd;

	if (!address_set(&address, path))
		return -1;
	if (is_alive(&address)) {
		log_error("another program listens there", LOG_STR("socket", path));
		return -1;
	}
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0 &&
	    chmod(path, 0660) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	log_error("cannot listen", LOG_STR("socket", path), LOG_STR("error", strerror(errno)));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* The descriptor systemd passed under this name; see the header. */
static int
passed_fd(const char *name)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	const char *at = getenv("LISTEN_FDNAMES");
	long i, fds;

	if (count == NULL || pid == NULL || strtol(pid, NULL, 10) != getpid())
		return name == NULL ? 0 : -1;
	fds = strtol(count, NULL, 10);
	for (i = 0; i < fds && i < 16; i++) {
		size_t len = at == NULL ? 0 : strcspn(at, ":");
		const char *wanted = name == NULL ? HTTP_SECOND_NAME : name;
		bool same = at != NULL && len == strlen(wanted) && strncmp(at, wanted, len) == 0;

		if (same == (name != NULL))
			return 3 + (int)i;
		if (at != NULL)
			at += len + (at[len] == ':');
	}
	return -1;
}

int
http_listener_inherited(const char *name)
{
	int fd = passed_fd(name), on = 0;
	socklen_t size = sizeof(on);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) != 0 || !on)
		return -1;
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}
