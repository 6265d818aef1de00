/*
 * The load client of `make bench`: conversations of two people each, both of whom listen, and messages
 * sent in them; one process, one epoll loop. It speaks to Confab through nginx or to the Socket.IO peer
 * (peers/), so that both are loaded by the same code. Every message it sent must be acknowledged and
 * heard by both people, once each and in the order of its conversation; a run where that fails is no
 * result and ends with status 1.
 *
 *	load.c		options, pace, result
 *	load_people.c	accounts, tokens and conversations, straight in the database
 *	load_talk.c	what is said on the wire, for either side
 *	load_tally.c	every message from send to arrival
 *	load_wire.c	connections: HTTP/1.1 replies and WebSocket frames
 *	load_growth.c	the programs' calls on a small and a large database by turns
 *	load_statement.c	prints a statement of Confab, for who is measured with the same
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "base/base.h"

#include <sys/types.h>

enum { ID_SIZE = 37, TOKEN_SIZE = 1024, CURSOR_SIZE = 64 };

struct text {
	const char *data;
	size_t len;
};

/* --- load_wire.c --- */

struct bytes {
	char *data;
	size_t start, len, size;
};
struct conn {
	int fd;
	bool ending; /* the server closes it after this reply */
	void (*take)(struct conn *); /* called when bytes have come */
	struct person *person; /* whose it is; NULL: anybody's */
	size_t number; /* message it carries */
	struct bytes in, out;
};

/* Where all connections go, "http://127.0.0.1:PORT". */
void wire_begin(const char *url);
/* Connect, or again: what was buffered is dropped. What fails here and below ends the program. */
void conn_open(struct conn *);
void conn_send(struct conn *, const char *bytes, size_t len);
void conn_frame(struct conn *, int opcode, const char *text, size_t len);
/* A whole reply that has come: its status and body; 0: not yet. Both are good until more is read. */
int conn_reply(struct conn *, struct text *body);
/* A whole frame: its opcode; -1: not yet. */
int conn_frame_take(struct conn *, struct text *text);
/* Block until more has come; for the time before the load. */
void conn_wait(struct conn *);
/* Let take() have all that comes within ms, or as soon as something did. other: an fd that also ends the
 * wait (-1: none); true when it did. */
bool wire_turn(int ms, int other);

/* --- load_people.c --- */

struct person {
	struct talk *talk;
	unsigned which; /* 0 or 1 */
	char id[ID_SIZE], token[TOKEN_SIZE], cursor[CURSOR_SIZE];
	int64_t heard_seq; /* newest number heard; 0: none yet */
	struct conn conn;
};
struct talk {
	char id[ID_SIZE];
	unsigned turns; /* whose turn to send is the parity */
	struct person people[2];
};

/* count conversations that bear the tag (8 hex digits), made when they are not there. */
struct talk *people_make(const char *tag, unsigned count);

/* --- load_talk.c --- */

struct side {
	bool ordered; /* promises that all hear the messages of a conversation in their order */
	void (*listen)(
	    struct person *); /* connect; returns when nothing sent from now on is missed */
	void (*send)(struct person *, size_t number); /* over the listener's own connection */
};
extern const struct side side_ws, side_poll, side_socketio;

/* POST a message over this connection, which carries nothing else meanwhile. */
void post_send(struct conn *, const struct person *from, size_t number);

/* --- load_tally.c --- */

/* Begin; messages sent from from_us to to_us count for the figures, all are checked. */
void tally_begin(int64_t from_us, int64_t to_us);
/* A new message, due at at_us: its number. */
size_t tally_sent(const struct person *from, int64_t at_us);
/* The client_id of a message. */
const char *tally_client_id(size_t number);
void tally_acked(size_t number, bool good);
/* All messages in a text of JSON: "seq" comes before "client_id" in each. */
void tally_heard(struct person *, struct text);
size_t tally_under_way(void); /* not acknowledged */
bool tally_settled(void); /* all acknowledged and heard by both */
/* Print; false when anything was lost, heard twice, refused or, where order is promised, disordered. */
bool tally_print(double seconds, bool ordered);

/* --- load_growth.c --- */

/* Compare what calls cost in two databases that tests/soak/growth.sql has filled: a line for each to standard output,
 * us and ratio, the median of the turns and the quartiles. False when a ratio is too much. */
bool growth_compare(const char *small_url, const char *large_url);

/* --- load_statement.c --- */

/* Print the text of the statement of that name. Fails the program when a set that is looked in has none. */
void statement_print(const char *name);

__attribute__((noreturn)) void load_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
