/*
 * A PV guest: mfns in its page tables, and a p2m whose upper levels it keeps for the toolstack. What it owes that when it
 * suspends (docs/features/migration.pandoc, xc_sr_save_x86_pv.c): its two rings by pfn in start_info, shared_info not
 * mapped. In a new domain p2m, page tables and start_info are new, and the levels above the p2m are its own to renew.
 */
#include "kernel.h"

static struct start_info *start_info;

/* The page table's entry of this page names Xen's shared_info while it is mapped. */
static u8 shared_info_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
struct shared_info *shared_info = (struct shared_info *)shared_info_page;
u32 console_port, store_port;

/* The two levels above the p2m, of mfns (public/arch-x86/xen.h, arch_shared_info). One middle page does for 1 GiB. */
#define ENTRIES (PAGE_SIZE / sizeof(word))
static word frame_list_list[ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static word frame_list[ENTRIES] __attribute__((aligned(PAGE_SIZE)));

static word *p2m(void) { return (word *)start_info->mfn_list; }

static word mfn_of(const void *address) { return p2m()[(word)address / PAGE_SIZE]; }

static word pfn_of_mfn(word mfn) {
  for (word pfn = 0; pfn < start_info->nr_pages; pfn++)
    if (p2m()[pfn] == mfn) return pfn;
  return 0;
}

static void *page_of_mfn(word mfn) { return (void *)(pfn_of_mfn(mfn) * PAGE_SIZE); }

struct console_ring *console_ring(void) { return page_of_mfn(start_info->console_mfn); }

struct xenstore_ring *xenstore_ring(void) { return page_of_mfn(start_info->store_mfn); }

static void set_entry(void *address, u64 entry) {
#ifdef __x86_64__
  hypercall(HYPERCALL_update_va_mapping, (word)address, entry, UVMF_INVLPG, 0);
#else
  hypercall(HYPERCALL_update_va_mapping, (word)address, (word)entry, (word)(entry >> 32), UVMF_INVLPG);
#endif
}

static void publish_p2m(void) {
  for (word i = 0; i * ENTRIES < start_info->nr_pages; i++) frame_list[i] = mfn_of(p2m() + i * ENTRIES);
  frame_list_list[0] = mfn_of(frame_list);
  shared_info->max_pfn = start_info->nr_pages;
  shared_info->pfn_to_mfn_frame_list_list = mfn_of(frame_list_list);
}

void begin(void *given) {
  start_info = given;
  meet_host(0);
}

static word store_mfn, console_mfn;

word leave_host(void) {
  store_mfn = start_info->store_mfn;
  console_mfn = start_info->console_mfn;
  start_info->store_mfn = pfn_of_mfn(store_mfn);
  start_info->console_mfn = pfn_of_mfn(console_mfn);
  set_entry(shared_info_page, 0);
  return mfn_of(start_info);
}

void meet_host(int is_same_one) {
  if (is_same_one) {
    start_info->store_mfn = store_mfn;
    start_info->console_mfn = console_mfn;
  }
  store_port = start_info->store_evtchn;
  console_port = start_info->console_evtchn;
  /* Present, writable, accessed, dirty. */
  set_entry(shared_info_page, (u64)start_info->shared_info | 0x63);
  publish_p2m();
}

/* Its page tables are those of this vcpu; a 32-bit guest's base is folded (public/arch-x86/xen-x86_32.h). */
int start_vcpu(u32 vcpu, void (*code)(void), void *stack_top) {
  static struct vcpu_guest_context context;
  word base = mfn_of((void *)start_info->pt_base);
  context.flags = VGCF_in_kernel;
  context.registers.ip = (word)code;
  context.registers.cs = KERNEL_CS;
  context.registers.sp = context.kernel_sp = (word)stack_top - sizeof(word);
  context.registers.ss = context.kernel_ss = KERNEL_SS;
#ifdef __x86_64__
  context.control[3] = base << 12;
#else
  context.registers.ds = context.registers.es = KERNEL_SS;
  context.control[3] = base << 12 | base >> 20;
#endif
  if (hypercall(HYPERCALL_vcpu_op, VCPUOP_initialise, vcpu, (word)&context, 0)) return 0;
  return !hypercall(HYPERCALL_vcpu_op, VCPUOP_up, vcpu, 0, 0);
}
