/* A client of xenstored's ring (public/io/xs_wire.h, docs/misc/xenstore-ring.txt): one request at a time. */
#include "kernel.h"

enum {
  XS_READ = 2,
  XS_WATCH = 4,
  XS_TRANSACTION_START = 6,
  XS_TRANSACTION_END = 7,
  XS_WRITE = 11,
  XS_WATCH_EVENT = 15,
  XS_ERROR = 16,
};

struct header {
  u32 type, request, transaction, length;
};

static char answer[1024];
static int fired;

static u32 length_of(const char *text) {
  u32 length = 0;
  while (text[length]) length++;
  return length;
}

static int same(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return *one == *other;
}

static void send(const void *bytes, u32 length) {
  volatile struct xenstore_ring *it = xenstore_ring();
  for (u32 i = 0; i < length; i++) {
    while (it->req_prod - it->req_cons >= sizeof it->req) {
      notify(store_port);
      wait_for(store_port, 10000000);
    }
    it->req[it->req_prod % sizeof it->req] = ((const char *)bytes)[i];
    barrier();
    it->req_prod++;
  }
}

static void receive(void *bytes, u32 length) {
  volatile struct xenstore_ring *it = xenstore_ring();
  for (u32 i = 0; i < length; i++) {
    while (it->rsp_prod == it->rsp_cons) wait_for(store_port, 10000000);
    ((char *)bytes)[i] = it->rsp[it->rsp_cons % sizeof it->rsp];
    barrier();
    it->rsp_cons++;
  }
}

/* One message; its body is in `answer`, as a text. Answers the type. */
static u32 message(struct header *header) {
  receive(header, sizeof *header);
  u32 kept = header->length < sizeof answer - 1 ? header->length : sizeof answer - 1;
  receive(answer, kept);
  answer[kept] = 0;
  for (char rest; kept < header->length; kept++) receive(&rest, 1);
  notify(store_port);
  if (header->type == XS_WATCH_EVENT) fired = 1;
  return header->type;
}

/* Answers whether it was no error. */
static int request(u32 type, u32 transaction, const char *first, u32 first_length, const char *second, u32 second_length) {
  struct header header = {type, 1, transaction, first_length + second_length};
  send(&header, sizeof header);
  send(first, first_length);
  send(second, second_length);
  notify(store_port);
  while (message(&header) == XS_WATCH_EVENT) continue;
  return header.type != XS_ERROR;
}

void xenstore_watch(const char *path) {
  request(XS_WATCH, 0, path, length_of(path) + 1, "w", 2);
  fired = 1;
}

/* Whether what is watched may have changed since the last time. */
int xenstore_watch_fired(void) {
  volatile struct xenstore_ring *it = xenstore_ring();
  struct header header;
  while (it->rsp_prod != it->rsp_cons) message(&header);
  int result = fired;
  fired = 0;
  return result;
}

/* Takes a request out where it is that one. In a transaction, as it may be taken back at the same time. */
int xenstore_acknowledge(const char *path, const char *wanted) {
  for (;;) {
    if (!request(XS_TRANSACTION_START, 0, "", 1, "", 0)) return 0;
    u32 transaction = 0;
    for (char *digit = answer; *digit; digit++) transaction = transaction * 10 + (*digit - '0');
    int is_asked = request(XS_READ, transaction, path, length_of(path) + 1, "", 0) && same(answer, wanted);
    if (is_asked) request(XS_WRITE, transaction, path, length_of(path) + 1, "", 0);
    if (request(XS_TRANSACTION_END, transaction, is_asked ? "T" : "F", 2, "", 0)) return is_asked;
    if (!same(answer, "EAGAIN")) return 0;
  }
}
