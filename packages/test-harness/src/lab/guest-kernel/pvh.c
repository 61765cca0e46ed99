/* A PVH guest: its frames are its own affair and Xen's, and it asks for what a PV guest is given. */
#include "kernel.h"

/* Xen's shared_info takes the place of this page. */
static u8 shared_info_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
struct shared_info *shared_info = (struct shared_info *)shared_info_page;
u32 console_port, store_port;
static word console_frame, store_frame;

enum { HVM_PARAM_STORE_PFN = 1, HVM_PARAM_STORE_EVTCHN = 2, HVM_PARAM_CONSOLE_PFN = 17, HVM_PARAM_CONSOLE_EVTCHN = 18 };

static word parameter(u32 index) {
  struct {
    unsigned short domid, pad;
    u32 index;
    u64 value;
  } get = {DOMID_SELF, 0, index, 0};
  hypercall(HYPERCALL_hvm_op, HVMOP_get_param, (word)&get, 0, 0);
  return (word)get.value;
}

static void map_shared_info(void) {
  struct {
    unsigned short domid, size;
    u32 space;
    word index, frame;
  } add = {DOMID_SELF, 0, XENMAPSPACE_shared_info, 0, (word)shared_info_page / PAGE_SIZE};
  hypercall(HYPERCALL_memory_op, XENMEM_add_to_physmap, (word)&add, 0, 0);
}

static void cpuid(u32 leaf, u32 *a, u32 *b) {
  u32 c, d;
  asm volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(c), "=d"(d) : "a"(leaf), "c"(0));
}

/* Xen's leaves begin at 0x40000000, or 0x100 further where it plays another hypervisor (public/arch-x86/cpuid.h). */
static void make_hypercall_page(void) {
  u32 a, b, leaf = 0x40000000;
  for (cpuid(leaf, &a, &b); b != 0x566e6558 && leaf < 0x40010000; cpuid(leaf, &a, &b)) leaf += 0x100;
  cpuid(leaf + 2, &a, &b);
  asm volatile("wrmsr" : : "c"(b), "a"((word)hypercall_page), "d"(0) : "memory");
}

struct console_ring *console_ring(void) { return (struct console_ring *)(console_frame * PAGE_SIZE); }

struct xenstore_ring *xenstore_ring(void) { return (struct xenstore_ring *)(store_frame * PAGE_SIZE); }

void begin(void *given) {
  (void)given;
  make_hypercall_page();
  meet_host(0);
}

word leave_host(void) { return 0; }

/* The hypercall page is in the guest's memory and moves with it; shared_info does not. */
void meet_host(int is_same_one) {
  (void)is_same_one;
  map_shared_info();
  store_frame = parameter(HVM_PARAM_STORE_PFN);
  store_port = parameter(HVM_PARAM_STORE_EVTCHN);
  console_frame = parameter(HVM_PARAM_CONSOLE_PFN);
  console_port = parameter(HVM_PARAM_CONSOLE_EVTCHN);
}

/* One vcpu is enough for this kind. */
int start_vcpu(u32 vcpu, void (*code)(void), void *stack_top) {
  (void)vcpu, (void)code, (void)stack_top;
  return 0;
}
