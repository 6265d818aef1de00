#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 20000, READ_BYTES = 16384, EVENTS = 128, FRAME_BYTES_MAX = 4096 };

static int epoll_fd = -1;
static struct sockaddr_in address = { .sin_family = AF_INET };

void
wire_begin(const char *url)
{
	char host[64];
	unsigned port;

	if (sscanf(url, "http://%63[0-9.]:%u", host, &port) != 2 ||
	    inet_pton(AF_INET, host, &address.sin_addr) != 1)
		load_fail("%s is not of the form http://127.0.0.1:PORT", url);
	address.sin_port = htons((uint16_t)port);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		load_fail("epoll: %s", strerror(errno));
}

/* --- bytes --- */

static void
bytes_room(struct bytes *bytes, size_t len)
{
	if (bytes->start > 0 && bytes->start + bytes->len + len + 1 > bytes->size) {
		memmove(bytes->data, bytes->data + bytes->start, bytes->len);
		bytes->start = 0;
	}
	if (bytes->len + len + 1 > bytes->size) {
		bytes->size = (bytes->len + len + 1) * 2;
		bytes->data = realloc(bytes->data, bytes->size);
		if (bytes->data == NULL)
			load_fail("out of memory");
	}
}

static struct text
bytes_take(struct bytes *bytes, size_t skip, size_t len)
{
	struct text text = { bytes->data + bytes->start + skip, len };

	bytes->start += skip + len;
	bytes->len -= skip + len;
	return text;
}

/* --- connections --- */

static void
watch(struct conn *conn, int op)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = conn };

	if (conn->out.len > 0)
		event.events |= EPOLLOUT;
	if (epoll_ctl(epoll_fd, op, conn->fd, &event) != 0)
		load_fail("epoll_ctl: %s", strerror(errno));
}

void
conn_open(struct conn *conn)
{
	const int on = 1;

	if (conn->fd > 0)
		(void)close(conn->fd);
	conn->in.start = conn->in.len = conn->out.start = conn->out.len = 0;
	conn->ending = false;
	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (conn->fd < 0 ||
	    connect(conn->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		load_fail("connect: %s", strerror(errno));
	(void)setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	watch(conn, EPOLL_CTL_ADD);
}

static void
flush(struct conn *conn)
{
	struct bytes *out = &conn->out;
	ssize_t n = send(conn->fd, out->data + out->start, out->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		load_fail("send: %s", strerror(errno));
	if (n > 0)
		(void)bytes_take(out, 0, (size_t)n);
}

void
conn_send(struct conn *conn, const char *bytes, size_t len)
{
	struct bytes *out = &conn->out;
	bool waiting = out->len > 0;

	bytes_room(out, len);
	memcpy(out->data + out->start + out->len, bytes, len);
	out->len += len;
	if (waiting)
		return;
	flush(conn);
	if (out->len > 0)
		watch(conn, EPOLL_CTL_MOD);
}

static void
fill(struct conn *conn)
{
	struct bytes *in = &conn->in;
	ssize_t n;

	bytes_room(in, READ_BYTES);
	n = recv(conn->fd, in->data + in->start + in->len, READ_BYTES, MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		load_fail("%s: the server closed the connection (%s)",
		    conn->person != NULL ? conn->person->id : "sender",
		    n == 0 ? "end" : strerror(errno));
	if (n > 0)
		in->len += (size_t)n;
	in->data[in->start + in->len] = '\0';
}

void
conn_wait(struct conn *conn)
{
	struct pollfd waited = { .fd = conn->fd, .events = POLLIN };

	if (poll(&waited, 1, WAIT_MS) != 1)
		load_fail("no answer within %d ms", WAIT_MS);
	fill(conn);
}

bool
wire_turn(int ms, int other)
{
	struct epoll_event events[EVENTS];
	static int added = -1;
	bool ended = false;
	int count;

	if (other >= 0 && added != other) {
		events[0] = (struct epoll_event){ .events = EPOLLIN, .data.ptr = NULL };
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, other, &events[0]);
		added = other;
	}
	count = epoll_wait(epoll_fd, events, EVENTS, ms);
	for (int i = 0; i < count; i++) {
		struct conn *conn = events[i].data.ptr;

		ended = ended || conn == NULL;
		if (conn == NULL)
			continue;
		if ((events[i].events & EPOLLOUT) != 0) {
			flush(conn);
			watch(conn, EPOLL_CTL_MOD);
		}
		if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
			fill(conn);
			conn->take(conn);
		}
	}
	return ended;
}

/* --- HTTP --- */

int
conn_reply(struct conn *conn, struct text *body)
{
	struct bytes *in = &conn->in;
	const char *head = in->data + in->start, *end, *length;
	size_t head_len, body_len = 0;
	int status = 0;

	if (in->len == 0 || (end = memmem(head, in->len, "\r\n\r\n", 4)) == NULL)
		return 0;
	head_len = (size_t)(end - head) + 4;
	if (sscanf(head, "HTTP/1.1 %3d", &status) != 1)
		load_fail("no reply of HTTP/1.1: %.80s", head);
	length = memmem(head, head_len, "\r\nContent-Length: ", 18);
	if (length != NULL)
		body_len = strtoul(length + 18, NULL, 10);
	else if (status != 101)
		load_fail("a reply without Content-Length: %.*s", (int)head_len, head);
	if (in->len < head_len + body_len)
		return 0;
	conn->ending = memmem(head, head_len, "\r\nConnection: close\r\n", 21) != NULL;
	*body = bytes_take(in, head_len, body_len);
	return status;
}

/* --- WebSocket (RFC 6455), the client's half --- */

void
conn_frame(struct conn *conn, int opcode, const char *text, size_t len)
{
	char frame[8 + FRAME_BYTES_MAX];
	size_t head_len = len < 126 ? 2 : 4;

	if (len > FRAME_BYTES_MAX)
		load_fail("a frame of %zu bytes is too long", len);
	frame[0] = (char)(0x80 | opcode);
	frame[1] = (char)(0x80 | (len < 126 ? len : 126));
	if (len >= 126) {
		frame[2] = (char)(len >> 8);
		frame[3] = (char)len;
	}
	/* A mask of zero leaves the text as it is; the server unmasks all the same. */
	memset(frame + head_len, 0, 4);
	memcpy(frame + head_len + 4, text, len);
	conn_send(conn, frame, head_len + 4 + len);
}

int
conn_frame_take(struct conn *conn, struct text *text)
{
	struct bytes *in = &conn->in;
	const unsigned char *head = (const unsigned char *)in->data + in->start;
	size_t head_len = 2, len;

	if (in->len < 2)
		return -1;
	len = head[1] & 0x7f;
	if (len >= 126) {
		size_t more = len == 126 ? 2 : 8;

		if (in->len < 2 + more)
			return -1;
		for (len = 0; head_len < 2 + more; head_len++)
			len = len << 8 | head[head_len];
	}
	if (in->len < head_len + len)
		return -1;
	if ((head[0] & 0x80) == 0)
		load_fail("a fragmented message");
	*text = bytes_take(in, head_len, len);
	return head[0] & 0x0f;
}
